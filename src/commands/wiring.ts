import { findAccess } from '../cluster/access.ts';
import { createClient, type Client, type CountingClient } from '../cluster/client.ts';
import { goodStore, type GoodStore } from '../cluster/good.ts';
import { rolloutStore, type RolloutStore } from '../cluster/rollout.ts';
import { readSelf } from '../cluster/self.ts';
import { stateStore, type StateStore } from '../cluster/state.ts';
import { systemClock as clock } from '../util/clock.ts';

/** Where the process is: read once from the environment by main.ts. */
export interface Place {
  /** Ordo's own namespace. */
  namespace: string;
  /** The pod it runs in; '' outside of one. */
  pod: string;
  settingsDirectory: string;
  /** Writable, for git. */
  workFolder: string;
  env: NodeJS.ProcessEnv;
}

export interface Cluster {
  client: CountingClient;
  store: StateStore;
  rollouts: RolloutStore;
  goods: GoodStore;
}

/** The cluster of the pod's service account, else of the kubeconfig. */
export async function connectCluster({ namespace, env }: Place, signal: AbortSignal): Promise<Cluster> {
  const client = createClient(await findAccess(env), signal);
  return {
    client,
    store: stateStore(client, namespace),
    rollouts: rolloutStore(client, namespace),
    goods: goodStore(client, namespace),
  };
}

const LOOK_AGAIN_MS = 500;

/**
 * Waits until the cluster says which image this pod runs, which stands in its status a moment after its container has
 * started. Throws what was said last after `patience` milliseconds.
 */
export async function ownImage(
  client: Client,
  { namespace, pod }: Place,
  patience: number,
  signal: AbortSignal,
): Promise<void> {
  const end = clock.now().getTime() + patience;
  for (;;) {
    try {
      await readSelf(client, namespace, pod);
      return;
    } catch (error) {
      if (signal.aborted || clock.now().getTime() > end) throw error;
      await clock.sleep(LOOK_AGAIN_MS, signal);
    }
  }
}
