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
    containerStatuses?: { name: string; imageID: string }[];
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

/** Whether a controller works in this pod: it is ready, and stays. */
export async function isAtWork(client: Client, namespace: string, pod: string): Promise<boolean> {
  const found = await client.get<Pod>(`/api/v1/namespaces/${namespace}/pods/${pod}`);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return false;
  return found.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}
