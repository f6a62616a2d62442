import type { InventoryObject } from '../domain/inventory.ts';
import { canonical } from '../manifests/canonical.ts';
import type { Desired, HeldManifest } from '../manifests/render.ts';
import { usesToRemember } from './deletion-order.ts';
import type { PlanInput } from './input.ts';
import { repairsLeft } from './drift.ts';
import { keysOf, type Entries } from './keys.ts';

/** What the inventory will say of the object once it is in the cluster. */
export function entryOf(desired: Desired, before: Entries, newPods: boolean): InventoryObject {
  const { identity, kind, source, order, hash, recreate, fixed, images, app, carries, policy } = desired;
  const keys = keysOf(desired, before, newPods);
  const uses = usesToRemember(desired);
  return {
    ...identity,
    version: kind.version,
    source,
    order,
    hash,
    ...(recreate !== undefined && { recreate }),
    ...(fixed !== undefined && { fixed }),
    ...(keys && { keys }),
    ...(app !== undefined && { app }),
    ...(images && { images }),
    ...(carries && { carries }),
    ...(uses && { uses }),
    ...(policy.prune === false && { prune: false as const }),
    ...(policy['allow-delete'] && { allowDelete: true as const }),
    outcome: 'done',
  };
}

/** The entry of an object that needs no step, if it says something new: another file, another place. */
export function movedEntry(desired: Desired, before: Entries, input: PlanInput): InventoryObject | undefined {
  const entry = before.get(desired.id);
  if (entry === undefined) return undefined;
  const { source, order } = desired;
  const { outcome, good, owned, proven, repaired: _repaired, ...others } = entry;
  const repaired = repairsLeft(entry, input);
  const kept = { ...(owned !== undefined && { owned }), ...(repaired && { repaired }), ...(proven && { proven }) };
  const rest = { outcome, ...(good !== undefined && { good }), ...kept };
  // A Job that runs once stays what it was, whatever its file says now.
  const isKept = entry.hash !== desired.hash && input.inventory.key === input.keyId;
  const after = isKept ? { ...others, ...rest, source, order } : { ...entryOf(desired, before, false), ...rest };
  return canonical(after) === canonical(entry) ? undefined : after;
}

/** The inventory's word for an object that could not be rendered yet. */
export const heldEntry = ({ identity, kind, source, order }: HeldManifest): InventoryObject => ({
  ...identity,
  version: kind.version,
  source,
  order,
  hash: '',
  outcome: 'failed',
});

/** No hash, so another one than any. */
export const UNKNOWN_HASH = 'unknown';

/** An entry whose hashes say nothing: whatever is desired differs from it, and is applied in place. */
export function withoutHashes({
  recreate: _recreate,
  fixed: _fixed,
  keys: _keys,
  ...entry
}: InventoryObject): InventoryObject {
  return entry.hash === '' ? entry : { ...entry, hash: UNKNOWN_HASH };
}
