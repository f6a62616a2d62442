import { LABEL_ROLLOUT } from '../domain/stamps.ts';
import type { Client } from './client.ts';
import { rolloutName } from './job.ts';

/** A pod of a rollout's Job, as far as it tells why it does not run. */
export interface RunnerPod {
  metadata: { name: string; creationTimestamp: string; deletionTimestamp?: string };
  spec: { nodeName?: string };
  status?: {
    phase?: string;
    conditions?: { type: string; status: string; message?: string }[];
    containerStatuses?: { state?: { waiting?: { reason?: string; message?: string } } }[];
  };
}

/** What a pod may take on a slow device before its start is worth a word, in ms. */
const SLOW_START_MS = 30_000;
/** Longer than the longest grace period of a runner. */
const SLOW_END_MS = 60_000;

/** Why nobody carries out a rollout at the moment, in words for people; undefined while a pod of its Job runs or is about to. */
export async function whyStuck(
  client: Client,
  namespace: string,
  rollout: number,
  now: Date,
): Promise<string | undefined> {
  const selector = encodeURIComponent(`${LABEL_ROLLOUT}=${rollout}`);
  const pods = await client.get<{ items: RunnerPod[] }>(
    `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`,
  );
  const current = (pods?.items ?? []).filter(({ status }) => !['Succeeded', 'Failed'].includes(status?.phase ?? ''));
  if (current.length > 0) return current.map((pod) => stuckPod(pod, now)).find((reason) => reason !== undefined);
  // Between two pods there may be none for a while; whether one was refused the Job's events say.
  const fields = encodeURIComponent(`involvedObject.name=${rolloutName(rollout)},reason=FailedCreate`);
  const events = await client.get<{ items: { message?: string }[] }>(
    `/api/v1/namespaces/${namespace}/events?fieldSelector=${fields}`,
  );
  const message = events?.items.at(-1)?.message;
  return message === undefined ? undefined : `its Job could not make a pod: ${message}`;
}

export function stuckPod({ metadata, spec, status }: RunnerPod, now: Date): string | undefined {
  const pod = `its pod ${metadata.name}`;
  const since = (time: string): number => now.getTime() - new Date(time).getTime();
  const { deletionTimestamp } = metadata;
  if (deletionTimestamp !== undefined) {
    return since(deletionTimestamp) > SLOW_END_MS
      ? `${pod} is being deleted, and node ${spec.nodeName ?? '?'} does not say that it has ended`
      : undefined;
  }
  if (status?.phase === 'Running') return undefined;
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  if (unscheduled) return `${pod} finds no node: ${unscheduled.message ?? 'no reason is known'}`;
  const waiting = status?.containerStatuses?.[0]?.state?.waiting;
  if (waiting?.reason !== undefined && waiting.reason !== 'ContainerCreating') {
    return `${pod} cannot start: ${[waiting.reason, waiting.message].filter(Boolean).join(': ')}`;
  }
  return since(metadata.creationTimestamp) > SLOW_START_MS
    ? `${pod} has not started yet on node ${spec.nodeName ?? '?'}`
    : undefined;
}
