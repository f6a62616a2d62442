import { isConfiguration, isWorkload } from '../domain/kinds.ts';
import { compareOrder, type Order } from '../domain/order.ts';
import { configUsesOf, useOf } from '../manifests/references.ts';
import type { Desired } from '../manifests/render.ts';
import type { PlanInput } from './input.ts';
import { idOfConfiguration, type Entries } from './keys.ts';

/** Where the desired objects stand, and which ConfigMaps and Secrets in the cluster this plan changes; by id. */
export interface Places {
  desired: ReadonlyMap<string, Order>;
  changing: ReadonlySet<string>;
}

export function placesOf({ desired, inventory, keyId }: PlanInput, before: Entries): Places {
  const changing = desired.filter(({ id, identity, hash }) => {
    const entry = isConfiguration(identity) && inventory.key === keyId ? before.get(id) : undefined;
    return entry !== undefined && entry.hash !== hash;
  });
  return {
    desired: new Map(desired.map(({ id, order }) => [id, order])),
    changing: new Set(changing.map(({ id }) => id)),
  };
}

/**
 * Where the step of an object stands: a workload comes after what changes of the configuration that its pods use, at the
 * later of both places.
 *
 * @param changed `ConfigMap/name` or `Secret/name` that changed since its pods were made
 */
export function placeOfUser(
  { identity, object, order }: Desired,
  changed: readonly string[],
  { desired, changing }: Places,
): Order {
  if (!isWorkload(identity)) return order;
  const used = configUsesOf(object).map((use) => idOfConfiguration(useOf(use), identity.namespace));
  const ids = [
    ...changed.map((name) => idOfConfiguration(name, identity.namespace)),
    ...used.filter((id) => changing.has(id)),
  ];
  return ids.map((id) => desired.get(id) ?? order).reduce(later, order);
}

const later = (a: Order, b: Order): Order => (compareOrder(a, b) < 0 ? b : a);
