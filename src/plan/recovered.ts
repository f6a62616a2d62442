import type { GoodObject } from '../domain/good.ts';
import { idOf, nameOf } from '../domain/identity.ts';
import type { History } from '../domain/history.ts';
import type { Inventory, InventoryObject } from '../domain/inventory.ts';
import type { Order } from '../domain/order.ts';
import type { StampedObject } from '../domain/stamps.ts';
import { placeOf } from '../manifests/place.ts';

/** What is left to rebuild an inventory from. */
export interface Remains {
  stamped: readonly StampedObject[];
  history: History;
  /** The newest rollout that left a Job or an outcome; open: its end may not be recorded yet. */
  newest: { rollout: number; isOpen: boolean };
  /** Id of the HMAC key; stamps under another one differ from all that is desired. */
  key: string;
}

/**
 * The inventory as the cluster remembers it. No entry has `recreate` or `keys`, so a difference is applied in place and
 * nothing is recreated; an object whose hash is the desired one needs no step at all. Drift is known of what has a last
 * good manifest; what else has changed meanwhile is unknown, not unchanged.
 */
export function recoveredInventory(
  { stamped, history, newest, key }: Remains,
  good: ReadonlyMap<string, GoodObject> = new Map(),
): Inventory {
  const rollouts = [...stamped.map(({ stamp }) => stamp), ...history, newest].map(({ rollout }) => rollout);
  const last = rollouts.reduce((a, b) => Math.max(a, b), 0);
  const latest = stamped.find(({ stamp }) => stamp.rollout === last);
  return {
    version: 1,
    // One that is open is adopted, and its end recorded.
    rollout: newest.isOpen && newest.rollout === last ? last - 1 : last,
    commit: latest ? sourceOf(latest).commit : '',
    key,
    objects: stamped.map((object) => ({
      ...entryOf(object, history),
      ...keptOf(object, good.get(idOf(object.identity))),
    })),
  };
}

/** Where its last good manifest is kept; and when that is what was applied last, which fields were Ordo's then. */
function keptOf(
  { stamp }: StampedObject,
  kept: GoodObject | undefined,
): Partial<Pick<InventoryObject, 'good' | 'owned'>> {
  const { good, owned, hash } = kept?.entry ?? {};
  return {
    ...(good !== undefined && { good }),
    ...(owned !== undefined && hash === stamp.hash && { owned }),
  };
}

function entryOf({ identity, version, stamp }: StampedObject, history: History): InventoryObject {
  const name = nameOf(identity);
  const steps = history.find(({ rollout }) => rollout === stamp.rollout)?.steps ?? [];
  const hasFailed = steps.some(({ object, state }) => object === name && state === 'failed');
  const { path } = sourceOf({ stamp });
  const kept = stamp.prune === false && { prune: stamp.prune };
  const allowed = stamp.allowDelete && { allowDelete: stamp.allowDelete };
  const outcome = hasFailed ? 'failed' : 'done';
  return { ...identity, version, source: path, order: orderOf(path), hash: stamp.hash, ...kept, ...allowed, outcome };
}

function sourceOf({ stamp: { source } }: Pick<StampedObject, 'stamp'>): { path: string; commit: string } {
  const at = source.lastIndexOf('@');
  return at < 0 ? { path: source, commit: '' } : { path: source.slice(0, at), commit: source.slice(at + 1) };
}

/** Folder and file say it; the position in the file is not known. */
function orderOf(path: string): Order {
  const place = placeOf(path.split('/').slice(-2).join('/'));
  return 'order' in place ? place.order(0) : [0, 0, '', path, 0];
}
