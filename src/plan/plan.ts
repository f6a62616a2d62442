import { idOf } from '../domain/identity.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { isExposure, isWorkload } from '../domain/kinds.ts';
import { pathOf } from '../domain/object.ts';
import { compareOrder, type Order } from '../domain/order.ts';
import type { Plan, Step } from '../domain/plan.ts';
import { canonical } from '../manifests/canonical.ts';
import type { Desired } from '../manifests/render.ts';
import { changeOf } from './change.ts';
import { deletionHeld, deletionsHeld } from './guards.ts';
import type { PlanInput } from './input.ts';

/** The steps that turn the inventory into the desired set. Pure; never throws; equal states give an empty plan. */
export function makePlan(input: PlanInput): Plan {
  const before = new Map(input.inventory.objects.map((object) => [idOf(object), object]));
  const steps: Step[] = [];
  const moved: InventoryObject[] = [];
  const gone: string[] = [];

  const places = new Map(input.desired.map((one) => [one.id, one.order]));
  for (const desired of input.desired) {
    const entry = before.get(desired.id);
    const step = desiredStep(desired, entry, places, input);
    if (step) steps.push(step);
    else if (entry && canonical(entryOf(desired)) !== canonical(entry)) moved.push(entryOf(desired));
  }
  for (const held of input.held) {
    const entry = before.get(held.id) ?? heldEntry(held);
    steps.push({
      kind: 'hold',
      entry,
      path: pathOf(held.kind, held.identity.namespace, held.identity.name),
      place: held.order,
      reason: held.held,
    });
  }
  const wanted = new Set([...input.desired, ...input.held].map(({ id }) => id));
  const allHeld = deletionsHeld(input);
  for (const [id, entry] of before) {
    if (wanted.has(id)) continue;
    const step = removalStep(id, entry, allHeld, input);
    if (step) steps.push(step);
    else gone.push(id);
  }
  const { rollout, target, commit, namespace } = input;
  return { version: 1, rollout, target, commit, namespace, steps: steps.sort(compareSteps), moved, gone };
}

function desiredStep(
  desired: Desired,
  entry: InventoryObject | undefined,
  places: Map<string, Order>,
  input: PlanInput,
): Step | undefined {
  const change = changeOf(desired, entry, input);
  if (change.kind === 'none') return undefined;
  const { identity, policy } = desired;
  const common = {
    entry: entryOf(desired),
    path: pathOf(desired.kind, identity.namespace, identity.name),
    // A user of configuration comes after the configuration, wherever that stands.
    place: change.configuration.map((name) => placeOfConfiguration(name, desired, places)).reduce(later, desired.order),
    reason: change.reason,
  };
  const gate = { wait: policy.wait ?? ('ready' as const), timeout: policy.timeout ?? input.readyTimeout };
  if (change.kind === 'apply') return { kind: 'apply', ...common, ...gate };
  const live = input.live(desired.id);
  if (!live.known) return { kind: 'hold', ...common, reason: `the cluster did not say what is there: ${live.reason}` };
  if (live.value === undefined) return { kind: 'apply', ...common, ...gate };
  return { kind: 'recreate', ...common, ...gate, uid: live.value.uid };
}

/** An object that left the repository: what to do about it; nothing when it is gone from the cluster too. */
function removalStep(
  id: string,
  entry: InventoryObject,
  allHeld: string | undefined,
  input: PlanInput,
): Step | undefined {
  const path = input.pathOf(entry);
  const common = { entry, path: path ?? '', place: entry.order };
  const hold = (reason: string): Step => ({ kind: 'hold', ...common, reason });
  const held = deletionHeld(entry, input, id) ?? allHeld;
  if (held !== undefined) return hold(held);
  const live = input.live(id);
  if (!live.known) return hold(`the cluster did not say what is there: ${live.reason}`);
  if (live.value === undefined) return undefined;
  if (live.value.stamp === undefined)
    return hold('the object that is there now was not made by Ordo: delete it by hand');
  const phase = isWorkload(entry) || isExposure(entry) ? 'group' : 'end';
  return { kind: 'delete', ...common, uid: live.value.uid, phase, reason: `no longer in ${input.folder}` };
}

/** What the inventory will say of the object once it is in the cluster. */
export function entryOf({
  identity,
  kind,
  source,
  order,
  hash,
  recreate,
  keys,
  images,
  app,
}: Desired): InventoryObject {
  return {
    ...identity,
    version: kind.version,
    source,
    order,
    hash,
    ...(recreate !== undefined && { recreate }),
    ...(keys && { keys }),
    ...(app !== undefined && { app }),
    ...(images && { images }),
    outcome: 'done',
  };
}

const heldEntry = ({
  identity,
  kind,
  source,
  order,
}: Pick<Desired, 'identity' | 'kind' | 'source' | 'order'>): InventoryObject => ({
  ...identity,
  version: kind.version,
  source,
  order,
  hash: '',
  outcome: 'failed',
});

/** @param name `ConfigMap/name` or `Secret/name`, in the namespace of its user */
function placeOfConfiguration(name: string, user: Desired, places: Map<string, Order>): Order {
  const [kind = '', object = ''] = name.split('/');
  return places.get(idOf({ group: '', kind, namespace: user.identity.namespace, name: object })) ?? user.order;
}

const later = (a: Order, b: Order): Order => (compareOrder(a, b) < 0 ? b : a);

const isLast = (step: Step): boolean => step.kind === 'delete' && step.phase === 'end';

/** Ascending; deletes after the last group stand behind everything, descending. */
function compareSteps(a: Step, b: Step): number {
  if (isLast(a) !== isLast(b)) return isLast(a) ? 1 : -1;
  const order = compareOrder(a.place, b.place) || compareOrder(a.entry.order, b.entry.order);
  return isLast(a) ? -order : order;
}
