import { ExternalError } from '../util/errors.ts';
import type { Client } from './client.ts';

/** What a rollout's Job takes over from the pod that Ordo runs in. */
export interface Self {
  pod: string;
  /** By digest, so that it is on the node already. */
  image: string;
  pullSecrets: { name: string }[];
}

interface Pod {
  metadata: { deletionTimestamp?: string };
  spec: { imagePullSecrets?: { name: string }[] };
  status?: {
    conditions?: { type: string; status: string }[];
    containerStatuses?: { name: string; imageID: string; state?: { running?: { startedAt?: string } } }[];
  };
}

/** Reads Ordo's own pod. The image's digest is known as soon as its container runs. */
export async function readSelf(client: Client, namespace: string, pod: string): Promise<Self> {
  const own = await client.get<Pod>(`/api/v1/namespaces/${namespace}/pods/${pod}`);
  const image = own?.status?.containerStatuses?.find(({ name }) => name === 'ordo')?.imageID ?? '';
  if (!image.includes('@sha256:'))
    throw new ExternalError(`pod ${namespace}/${pod} does not say yet which image it runs`);
  return { pod, image: image.replace(/^[a-z-]+:\/\//, ''), pullSecrets: own?.spec.imagePullSecrets ?? [] };
}

/** A controller begins with its work before the kubelet has seen that it is ready, in ms. */
const STARTING_MS = 60_000;

/** Whether a controller works in this pod: it is ready or has just been started, and stays. */
export async function isAtWork(client: Client, namespace: string, pod: string, now: Date): Promise<boolean> {
  const found = await client.get<Pod>(`/api/v1/namespaces/${namespace}/pods/${pod}`);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return false;
  const { conditions = [], containerStatuses = [] } = found.status ?? {};
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return isReady || containerStatuses.some(({ state }) => isStarting(state?.running?.startedAt, now));
}

const isStarting = (startedAt: string | undefined, now: Date): boolean =>
  startedAt !== undefined && now.getTime() - new Date(startedAt).getTime() < STARTING_MS;
