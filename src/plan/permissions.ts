import type { Commit } from '../domain/commit.ts';
import { idOf, nameOf, type Identity } from '../domain/identity.ts';
import type { InventoryObject, Permission } from '../domain/inventory.ts';
import type { Plan } from '../domain/plan.ts';
import type { PlanInput } from './input.ts';

/** In the last paragraph of a commit's message: `Ordo-Allow-Delete: Kind/NAME` or `Kind/NAMESPACE/NAME`. */
const TRAILER = 'Ordo-Allow-Delete';

/** The word for this object, if a person has given it. */
export const permissionFor = (object: Identity, permissions: readonly Permission[] = []): Permission | undefined =>
  permissions.find((permission) => permission.object === nameOf(object));

/** What people read at a held deletion. */
export const wayToAllow = (object: Identity): string =>
  `"ordo release ${nameOf(object)}" or a commit with the trailer "${TRAILER}: ${nameOf(object)}" allows it`;

/** The names of what the plan holds for want of a permission. */
export const unpermitted = ({ steps }: Plan): string[] =>
  steps.flatMap((step) => (step.kind === 'hold' && step.wants === 'permission' ? [nameOf(step.entry)] : []));

/** The permissions that commits give by trailer. */
export function permissionsOf(commits: readonly Commit[]): Permission[] {
  return commits.flatMap(({ id, author, committed, trailers }) =>
    trailers
      .filter(({ name }) => name === TRAILER.toLowerCase())
      .map(({ value }) => ({ object: value, by: author, from: id, at: committed })),
  );
}

/** Those that are not used yet: their object is still there. */
export function permissionsLeft(
  permissions: readonly Permission[],
  objects: readonly InventoryObject[],
): Permission[] | undefined {
  const names = new Set(objects.map(nameOf));
  const left = permissions.filter(({ object }) => names.has(object));
  return left.length > 0 ? left : undefined;
}

/** Those that still count: an object that is back in Git has taken its permission back. */
export function permissionsInForce({ desired, held, inventory }: PlanInput): Permission[] | undefined {
  const wanted = new Set([...desired, ...held].map(({ id }) => id));
  return permissionsLeft(
    inventory.permissions ?? [],
    inventory.objects.filter((object) => !wanted.has(idOf(object))),
  );
}
