import { idOf } from '../domain/identity.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { isConfiguration } from '../domain/kinds.ts';
import { configUsesOf, configurationOf, keysSeenBy, useOf } from '../manifests/references.ts';
import type { Desired } from '../manifests/render.ts';

export type Keys = Record<string, string>;

/** Objects by id. */
export type Entries = ReadonlyMap<string, InventoryObject>;

/**
 * What the inventory will remember of the configuration that a workload's pods see. What is not in the desired set now
 * (held, not usable, deleted) is remembered as they saw it last; new pods see what is in the cluster.
 */
export function keysOf(desired: Desired, before: Entries, newPods: boolean): Keys | undefined {
  const { identity, keys } = desired;
  if (keys === undefined || isConfiguration(identity)) return keys;
  const present = new Set(Object.keys(keys).map(configurationOf));
  const others = Object.entries(lastSeen(desired, before, newPods)).filter(
    ([use]) => !present.has(configurationOf(use)),
  );
  return { ...Object.fromEntries(others), ...keys };
}

/** What pods that use the same saw last, as far as it is known: what their entry remembers, or else what is in the cluster. */
export function lastSeen({ id, identity, object }: Desired, before: Entries, newPods = false): Keys {
  const remembered = newPods ? [] : Object.entries(before.get(id)?.keys ?? {});
  const seen = configUsesOf(object).flatMap((use) => {
    const name = configurationOf(useOf(use));
    const own = remembered.filter(([one]) => configurationOf(one) === name);
    const all = before.get(idOfConfiguration(name, identity.namespace))?.keys;
    return own.length > 0 || all === undefined ? own : Object.entries(keysSeenBy(use, all));
  });
  return Object.fromEntries(seen);
}

/**
 * Pods that were made although a change of their configuration did not come through saw what was there before it.
 *
 * @param stale ids of that configuration, and its keys as they are; undefined: it is not there
 * @param hasNewPods the pods were made just now, else they are those of before
 */
export function keysSeen(
  { keys, namespace }: InventoryObject,
  before: InventoryObject | undefined,
  stale: ReadonlyMap<string, Keys | undefined>,
  hasNewPods: boolean,
): Keys {
  const entries = Object.entries(keys ?? {}).flatMap(([use, hash]) => {
    const id = idOfConfiguration(use, namespace);
    if (!stale.has(id)) return [[use, hash]];
    const isThere = stale.get(id) !== undefined;
    // Something else than will be desired: the pods are made anew when the change comes through.
    return isThere && use.endsWith('/') ? [[use, 'stale']] : [];
  });
  const last = Object.entries(before?.keys ?? {}).filter(([use]) => {
    const isUsed = stale.has(idOfConfiguration(use, namespace)) && keys?.[`${configurationOf(use)}/`] !== undefined;
    return isUsed && (!hasNewPods || isAsBefore(configurationOf(use)));
  });
  return Object.fromEntries([...entries, ...last]) as Keys;

  function isAsBefore(name: string): boolean {
    const own = Object.entries(before?.keys ?? {}).filter(([use]) => configurationOf(use) === name);
    const then = new Map(
      own.map(([use, hash]) => [use.slice(name.length + 1), hash] as const).filter(([key]) => key !== ''),
    );
    const now = Object.entries(stale.get(idOfConfiguration(name, namespace)) ?? {});
    return now.length === then.size && now.every(([key, hash]) => then.get(key) === hash);
  }
}

/** @param use begins with `ConfigMap/name` or `Secret/name`, in the namespace of its user */
export function idOfConfiguration(use: string, namespace: string): string {
  const [kind = '', name = ''] = use.split('/');
  return idOf({ group: '', kind, namespace, name });
}
