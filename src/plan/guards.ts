import type { Identity } from '../domain/identity.ts';
import { isPrecious } from '../domain/kinds.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { isOrdoItself, type PlanInput } from './input.ts';

/** Names in Ordo's own namespace that it cannot live without. */
const OWN_NAMES = /^(ordo|ordo-.+|current-yaml-commit-sha|containerlist-.+|variables-for-pipelineinitialisation)$/;

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

/** Why this object is never deleted by a missing file; undefined when it may go. */
export function deletionHeld(object: InventoryObject, { namespace }: PlanInput): string | undefined {
  if (isPrecious(object)) return `a ${object.kind} is never deleted by a missing file`;
  return isOwn(object, namespace) ? 'Ordo lives by it' : undefined;
}

/** Ordo's own namespace, settings, state and rights. */
export function isOwn(object: Identity, namespace: string): boolean {
  if (object.kind === 'Namespace') return object.name === namespace;
  if (isOrdoItself(object, namespace)) return true;
  const carriesRights = object.group === 'rbac.authorization.k8s.io' && object.namespace === '';
  return (object.namespace === namespace || carriesRights) && OWN_NAMES.test(object.name);
}
