import { idOf } from '../domain/identity.ts';
import type { Inventory, InventoryObject } from '../domain/inventory.ts';
import { isJob } from '../domain/kinds.ts';
import { lostFields, type LostField } from '../domain/lost-fields.ts';
import { isAsLeft } from '../domain/owned.ts';
import { fieldsAt } from '../manifests/pods.ts';
import { withPlainData } from '../manifests/secret-data.ts';
import type { Desired } from '../manifests/render.ts';
import type { PlanInput } from './input.ts';
import { overrideOf } from './overrides.ts';

/** Why an object is applied that the inventory knows and the cluster does not. */
export const MISSING = 'recorded, but not in the cluster any more';
const FOREIGN = 'somebody made it anew, or took its stamps away';

/** So many repairs of one object within so many milliseconds are a fight. */
const FIGHT_REPAIRS = 3;
const FIGHT_MS = 600_000;
/** So many fields fit into a reason. */
const NAMED = 3;

/** What somebody else has done to an object since it was applied, and what is to be done about it. */
export interface Drift {
  kind: 'apply' | 'hold';
  reason: string;
  /** Lists were changed: what kubectl wrote is taken over first, else it would stay beside what Git states. */
  takeOver?: boolean;
  /** When it was repaired, this time included; ISO 8601. */
  repaired?: string[];
}

/**
 * Whether an object is not what its last rollout left: it is gone, another one, or fields that Ordo stated were changed or
 * removed. What others do to other fields, defaults and status is none of it.
 */
export function driftOf(desired: Desired, entry: InventoryObject, input: PlanInput): Drift | undefined {
  const how = desired.policy.drift ?? input.drift ?? 'repair';
  if (how === 'off' || overrideOf(desired.identity, input) !== undefined) return undefined;
  const found = differenceOf(desired, entry, input);
  if (found === undefined) return undefined;
  const { reason, wait } = found;
  if (wait) return { kind: 'hold', reason };
  if (how === 'report') return { kind: 'hold', reason: `${reason}; drift is only reported` };
  const repaired = repairsOf(entry, input.inventory);
  if (isFight(repaired)) return { kind: 'hold', reason: fightReason(found) };
  return {
    kind: 'apply',
    reason,
    takeOver: found.fields?.some(({ isListed }) => isListed) ?? false,
    ...(input.now !== undefined && { repaired: [...repaired, input.now].slice(-FIGHT_REPAIRS) }),
  };
}

/** Marks of all drift: equal as long as it is the same and nothing was put back in between, so that a repair that failed is not tried in each pass. */
export function driftMarks(input: PlanInput): string[] {
  const entries = new Map(input.inventory.objects.map((entry) => [idOf(entry), entry]));
  return input.desired.flatMap((desired) => {
    const entry = entries.get(desired.id);
    if (entry === undefined || driftOf(desired, entry, input) === undefined) return [];
    const live = input.live(desired.id);
    const before = entry.repaired?.at(-1) ?? '';
    return [
      `${desired.id} ${before} ${live.known && live.value ? `${live.value.uid} ${live.value.owned ?? ''}` : 'gone'}`,
    ];
  });
}

/** Whether a record of repairs is a fight that goes on. */
function isFight(repaired: readonly string[]): boolean {
  const [first, last] = [repaired[0], repaired.at(-1)];
  return (
    repaired.length === FIGHT_REPAIRS && first !== undefined && last !== undefined && msFrom(first, last) <= FIGHT_MS
  );
}

/** The repairs that still count: those before `ordo retry` do not. */
function repairsOf({ repaired = [] }: InventoryObject, { retried }: Inventory): string[] {
  return repaired.filter((at) => retried === undefined || at > retried.at);
}

/** The repairs to remember of an object that is as it should be: when nobody has touched it for so long the fight is over. */
export function repairsLeft(entry: InventoryObject, { now }: PlanInput): string[] | undefined {
  const last = entry.repaired?.at(-1);
  return last === undefined || (now !== undefined && msFrom(last, now) > FIGHT_MS) ? undefined : entry.repaired;
}

/** From when on the repairs of an object are no part of a fight any more, as long as nobody touches it; undefined: there was none. */
export function quietAt({ repaired }: InventoryObject): Date | undefined {
  const last = repaired?.at(-1);
  return last === undefined ? undefined : new Date(Date.parse(last) + FIGHT_MS + 1);
}

interface Difference {
  reason: string;
  /** Nothing can be done about it as long as it is so. */
  wait?: true;
  fields?: readonly LostField[];
}

function differenceOf(desired: Desired, entry: InventoryObject, input: PlanInput): Difference | undefined {
  const live = input.live(desired.id);
  if (!live.known) return undefined;
  if (live.value === undefined) {
    if (isFinishedAndGone(desired, entry, input)) return undefined;
    if (isLeaving(namespaceOf(desired), input)) return { reason: 'its Namespace is being deleted', wait: true };
    return { reason: MISSING };
  }
  const { deleting, stamp, owned, owners = [] } = live.value;
  if (deleting) return { reason: 'it is being deleted', wait: true };
  if (stamp === undefined) return { reason: FOREIGN };
  if (entry.owned === undefined || owned === undefined || isAsLeft(entry.owned, owned)) return undefined;
  const fields = lostFields(withPlainData(desired.object), owners);
  return { reason: fields.length > 0 ? textOf(fields) : 'fields that Git states were changed or removed', fields };
}

/** What has done its work and was taken away. What went with its Namespace has not: that is gone too. */
export function isFinishedAndGone(desired: Desired, entry: InventoryObject, input: PlanInput): boolean {
  const live = input.live(desired.id);
  if (entry.outcome !== 'done' || !endsByItself(desired) || !live.known || live.value) return false;
  const namespace = input.live(namespaceOf(desired));
  return !(namespace.known && namespace.value === undefined);
}

/** A Job, or a Pod that is not started again; its time to live or the garbage collector takes it. */
function endsByItself({ identity, object }: Desired): boolean {
  if (isJob(identity)) return true;
  return (
    identity.group === '' &&
    identity.kind === 'Pod' &&
    (fieldsAt(object, 'spec')['restartPolicy'] ?? 'Always') !== 'Always'
  );
}

const namespaceOf = ({ identity }: Desired): string =>
  idOf({ group: '', kind: 'Namespace', namespace: '', name: identity.namespace });

function isLeaving(id: string, input: PlanInput): boolean {
  const live = input.live(id);
  return live.known && live.value?.deleting === true;
}

/** `spec.replicas was changed by kubectl-edit; metadata.labels.app was removed`. */
function textOf(fields: readonly LostField[]): string {
  const texts = fields
    .slice(0, NAMED)
    .map(({ path, manager }) => `${path} was ${manager === undefined ? 'removed' : `changed by ${manager}`}`);
  const more = fields.length - texts.length;
  return more > 0 ? `${texts.join('; ')}; and ${more} more` : texts.join('; ');
}

function fightReason({ reason, fields = [] }: Difference): string {
  const taken = fields.find(({ manager }) => manager !== undefined);
  const what = taken ? `changed again by ${taken.manager} (${taken.path})` : `changed again (${reason})`;
  return `it was ${what} after three repairs within ten minutes; Ordo does not fight: change Git, let the field go with ordo.dev/ignore-fields, stop the other manager, or run ordo retry`;
}

const msFrom = (a: string, b: string): number => new Date(b).getTime() - new Date(a).getTime();
