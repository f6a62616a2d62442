import type { Client } from '../cluster/client.ts';
import type { GoodStore } from '../cluster/good.ts';
import { readKinds } from '../cluster/kinds.ts';
import type { RolloutStore } from '../cluster/rollout.ts';
import { findStamped } from '../cluster/stamped.ts';
import type { State, StateStore } from '../cluster/state.ts';
import { recoveredInventory } from '../plan/recovered.ts';
import type { Logger } from '../util/logger.ts';
import { TARGET } from './recorded.ts';

interface Cluster {
  client: Client;
  store: StateStore;
  rollouts: Pick<RolloutStore, 'newest'>;
  goods: Pick<GoodStore, 'readAll'>;
}

/** The state; an inventory that was lost is rebuilt and recorded first, so that it is looked for once. */
export async function readState(cluster: Cluster, log: Logger): Promise<State> {
  const stored = await cluster.store.read();
  if (stored.isRecorded) return stored;
  const state = await recovered(stored, cluster, log);
  await cluster.store.writeInventory(state.inventory);
  return state;
}

/** State with an inventory: where none is recorded, what the stamps in the cluster tell. Changes nothing. */
export async function recovered(state: State, { client, rollouts, goods }: Cluster, log: Logger): Promise<State> {
  if (state.isRecorded) return state;
  const newest = await rollouts.newest();
  const { stamped, unreadable } = await findStamped(client, TARGET, await readKinds(client));
  const remains = { stamped, newest, history: await state.history(), key: state.key.id };
  const inventory = recoveredInventory(remains, await goods.readAll(state.key.id));
  if (unreadable.length > 0) log.warn({ kinds: unreadable }, 'kinds that cannot be listed, their objects count as new');
  const { rollout, objects } = inventory;
  const why = state.damaged === undefined ? 'was lost' : 'could not be read';
  if (objects.length === 0 && rollout === 0) log.info({}, 'nothing of Ordo is in this cluster yet');
  else
    log.warn(
      { objects: objects.length, rollout, reason: state.damaged },
      `ordo-inventory ${why}, rebuilt from the stamps in the cluster`,
    );
  return { ...state, inventory, isRecorded: true };
}
