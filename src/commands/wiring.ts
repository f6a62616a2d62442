import { KubeConfig } from '@kubernetes/client-node';
import { createClient, type Client } from '../cluster/client.ts';
import { rolloutStore, type RolloutStore } from '../cluster/rollout.ts';
import { stateStore, type StateStore } from '../cluster/state.ts';

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
  client: Client;
  store: StateStore;
  rollouts: RolloutStore;
}

/** The cluster of the pod's service account, else of the kubeconfig. */
export function connectCluster(namespace: string, signal: AbortSignal): Cluster {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const client = createClient(kubeConfig, signal);
  return { client, store: stateStore(client, namespace), rollouts: rolloutStore(client, namespace) };
}
