import { idOf, nameOf, type Identity } from '../domain/identity.ts';
import { isNamespace, isPrecious, isWorkload } from '../domain/kinds.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { isOrdoItself, isOwnName } from '../domain/ordo.ts';
import type { HoldStep, Step } from '../domain/plan.ts';
import type { PlanInput } from './input.ts';
import { permissionFor, wayToAllow } from './permissions.ts';
import { usedByOrdo } from './own-rights.ts';

/** So many names fit into a reason. */
const NAMED = 3;

type Held = Pick<HoldStep, 'reason' | 'wants'>;

/** Why no deletion at all is safe in this plan; undefined when nothing speaks against it. */
export function deletionsHeld({ problems, folder, desired, held, rollback }: PlanInput): string | undefined {
  const unreadable = problems.find((problem) => problem.unreadable);
  if (unreadable) return `nothing is deleted while ${unreadable.path} cannot be read`;
  if (rollback === undefined && desired.length + held.length === 0)
    return `the folder ${folder} is empty or gone: everything stays until it is back`;
  return undefined;
}

/** Why this object may still be in the repository, in a place or a shape that is not usable; undefined when it is not. */
export function stillThere(object: InventoryObject, { problems }: PlanInput, id: string): string | undefined {
  // An object of an unknown kind may be this one with a slip of the pen: nothing of its file is taken for removed.
  const unusable = problems.find(
    ({ ids, severity, path }) => ids.includes(id) || (severity === 'error' && path === object.source),
  );
  return unusable && `it still stands in ${unusable.path}: ${unusable.reason}`;
}

/** Why this object stays although its file went; undefined when it may go. */
export function deletionHeld(object: InventoryObject, input: PlanInput, id: string): Held | undefined {
  if (isOwn(object, input.namespace)) return { reason: 'Ordo lives by it' };
  const used = usedByOrdo(object, input);
  if (used !== undefined) return { reason: used };
  if (!isPrecious(object)) return undefined;
  if (!object.allowDelete && !permissionFor(object, input.inventory.permissions)) {
    const reason = `a ${object.kind} is never deleted by a missing file alone: ${wayToAllow(object)}`;
    return { reason, wants: 'permission' };
  }
  return contentsHeld(object, input, id);
}

/** What carries others goes empty: a Namespace without anything of somebody else's, a CRD without instances. */
function contentsHeld(object: Identity, { contents }: PlanInput, id: string): Held | undefined {
  if (!isNamespace(object) && object.kind !== 'CustomResourceDefinition') return undefined;
  const found = contents?.get(id);
  if (found === undefined) return { reason: 'allowed; what is in it was not looked at yet', wants: 'contents' };
  if (!found.known) return { reason: `allowed, but what is in it is not known: ${found.reason}` };
  if (found.value.length === 0) return undefined;
  const what = isNamespace(object) ? 'what Ordo did not make is still in it' : 'there still are instances';
  return { reason: `allowed, but ${what}: ${some(found.value)}` };
}

/** The steps as they may be taken now: each at its time, not too many deletions at once, and nothing from around what stays. */
export function guarded(steps: readonly Step[], kept: readonly string[], input: PlanInput): Step[] {
  const now = heldTogether(
    steps.map((step) => atItsTime(step, input)),
    input,
  );
  return now.map((step) => withWhatStays(step, now, kept, input));
}

/** What stops running pods waits for the update window, and what makes new ones for room on the disk. */
function atItsTime(step: Step, { closed, noRoom }: PlanInput): Step {
  const ends =
    step.kind === 'recreate' || step.kind === 'restart' || (step.kind === 'delete' && isWorkload(step.entry));
  if (ends && closed !== undefined) return held(step, { reason: `${step.reason}; ${closed}`, wants: 'window' });
  const full = step.kind === 'recreate' ? noRoom?.get(idOf(step.entry)) : undefined;
  return full === undefined ? step : held(step, { reason: `${step.reason}; ${full}` });
}

/** More deletions than `max-deletes` are held as a whole, unless a person has allowed each of them. */
function heldTogether(steps: readonly Step[], { maxDeletes, inventory }: PlanInput): Step[] {
  const deletes = steps.filter(isDeletion);
  const isAllowed = deletes.every(({ entry }) => permissionFor(entry, inventory.permissions));
  if (deletes.length <= maxDeletes || isAllowed) return [...steps];
  const reason = `${deletes.length} deletions in one plan are more than max-deletes (${maxDeletes}): "ordo release --all" allows them together`;
  return steps.map((step) => (isDeletion(step) ? held(step, { reason, wants: 'permission' }) : step));
}

/** One that only waits for a look at what is in it counts: whether it goes must not depend on whether somebody has looked. */
const isDeletion = (step: Step): boolean =>
  step.kind === 'delete' || (step.kind === 'hold' && step.wants === 'contents');

/** A Namespace takes along what is in it: nothing may be, that is in the repository, held or kept. */
function withWhatStays(step: Step, steps: readonly Step[], kept: readonly string[], input: PlanInput): Step {
  if (step.kind !== 'delete' || !isNamespace(step.entry)) return step;
  const isInside = ({ namespace }: Identity): boolean => namespace === step.entry.name;
  const keptIds = new Set(kept);
  const inside = [
    ...[...input.desired, ...input.held].map(({ identity }) => identity),
    ...steps.filter(({ kind }) => kind === 'hold').map(({ entry }) => entry),
    ...input.inventory.objects.filter((object) => keptIds.has(idOf(object))),
  ].filter(isInside);
  if (inside.length === 0) return step;
  return held(step, { reason: `allowed, but what stays is in it: ${some([...new Set(inside.map(nameOf))])}` });
}

const held = ({ entry, path, place }: Step, why: Held): HoldStep => ({ kind: 'hold', entry, path, place, ...why });

const some = (names: readonly string[]): string =>
  names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more` : names.join(', ');

/** Ordo's own namespace, settings, state and rights. */
export function isOwn(object: Identity, namespace: string): boolean {
  if (object.kind === 'Namespace') return object.name === namespace;
  if (isOrdoItself(object, namespace)) return true;
  const carriesRights = object.group === 'rbac.authorization.k8s.io' && object.namespace === '';
  return (object.namespace === namespace || carriesRights) && isOwnName(object.name);
}
