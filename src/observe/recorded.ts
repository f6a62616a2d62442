import type { Client } from '../cluster/client.ts';
import type { Expected } from '../cluster/drift-watch.ts';
import type { GoodStore } from '../cluster/good.ts';
import { readKinds } from '../cluster/kinds.ts';
import { readLiveObjects, type Live } from '../cluster/live.ts';
import type { State } from '../cluster/state.ts';
import type { Settings } from '../config/settings.ts';
import { idOf } from '../domain/identity.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { known, unknown } from '../domain/known.ts';
import { pathOf, type ResourceKind } from '../domain/object.ts';
import type { Desired } from '../manifests/render.ts';
import { desiredFrom } from '../plan/good.ts';
import type { PlanInput } from '../plan/input.ts';

export const TARGET = 'main';

/** What a plan can be made from without the network: what is recorded, and the cluster. */
export interface Recorded {
  /** All of a plan's input but what is desired, and how much of it may be deleted. */
  input: Omit<PlanInput, 'desired' | 'held' | 'problems' | 'maxDeletes'>;
  /** The last good objects as a plan wants them. */
  good: Desired[];
  /** The inventory's objects of which the cluster has the kind. */
  installed: Expected[];
}

/** @param commit that of the rollout: the one that is recorded */
export async function readRecorded(
  { client, goods, namespace }: { client: Client; goods: GoodStore; namespace: string },
  commit: string,
  state: State,
  settings: Settings,
): Promise<Recorded> {
  const { findKind, installed, live } = await readInstalled(client, state);
  const good = await goodDesired(goods, state, findKind);
  const input = {
    rollout: state.inventory.rollout + 1,
    target: TARGET,
    commit,
    folder: settings.folderName,
    namespace,
    inventory: state.inventory,
    keyId: state.key.id,
    live: liveOf(live, new Set(installed.map(({ identity }) => idOf(identity)))),
    pathOf: pathsBy(findKind),
    update: settings.update,
    readyTimeout: settings.readyTimeout / 1000,
  };
  return { input, good, installed };
}

/** What the cluster serves, and what is there of the inventory. */
export async function readInstalled(client: Client, { inventory }: State) {
  const kinds = await readKinds(client);
  const findKind = kindFinder(kinds);
  const installed = inventory.objects.flatMap((object) => {
    const kind = findKind(object);
    return kind ? [{ identity: object, kind }] : [];
  });
  return { kinds, findKind, installed, live: await readLiveObjects(client, TARGET, installed) };
}

/** The last good objects as a plan wants them. */
export async function goodDesired(goods: GoodStore, { key }: State, findKind: FindInstalledKind): Promise<Desired[]> {
  const objects = [...(await goods.readAll(key.id)).values()];
  return objects.flatMap((object) => desiredFrom(object, findKind) ?? []);
}

/** An object as it stands in the cluster, of those that were asked for. */
export function liveOf(live: Live, asked: ReadonlySet<string>): PlanInput['live'] {
  return (id) => (asked.has(id) ? known(live.get(id)) : unknown('its kind is not served any more'));
}

/** API paths of the inventory's objects, as far as the cluster still has their kinds. */
export function pathsBy(findKind: FindInstalledKind): PlanInput['pathOf'] {
  return (object) => {
    const kind = findKind(object);
    return kind && pathOf({ ...kind, version: object.version }, object.namespace, object.name);
  };
}

type FindInstalledKind = (object: InventoryObject) => ResourceKind | undefined;

function kindFinder(kinds: readonly ResourceKind[]): FindInstalledKind {
  const byName = new Map(kinds.map((kind) => [`${kind.group}/${kind.kind}`, kind]));
  return ({ group, kind, version }) => {
    const found = byName.get(`${group}/${kind}`);
    return found && { ...found, version };
  };
}
