import type { Identity } from '../domain/identity.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { canRoll, isWorkload } from '../domain/kinds.ts';
import type { LiveObject } from '../domain/stamps.ts';
import type { Desired } from '../manifests/render.ts';
import type { PlanInput } from './input.ts';

/**
 * What is there, as far as it decides whether a change of it is refused: as long as the text is equal, it would be again.
 * What cannot change in place becomes another one only with another uid. A Job, Pod or ReplicaSet that people made is Git's
 * once its spec is, and a generation is that of the spec.
 */
export function standing(identity: Identity, { uid, generation }: LiveObject): string {
  const isBySpec = isWorkload(identity) && !canRoll(identity);
  return isBySpec && generation !== undefined ? `${uid} ${generation}` : uid;
}

/** Whether this version was refused as a change of what still stands there. */
export function isRefused({ id, identity, hash }: Desired, entry: InventoryObject, input: PlanInput): boolean {
  if (entry.refused !== hash) return false;
  const live = input.live(id);
  return !live.known || (live.value !== undefined && standing(identity, live.value) === entry.refusedAs);
}
