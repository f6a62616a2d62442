import { LABEL_ROLLOUT } from '../domain/stamps.ts';
import type { Client } from './client.ts';
import { rolloutName } from './job.ts';

/** What carries a rollout's number. */
export interface Labelled {
  name: string;
  labels?: Record<string, string>;
}

/** A rollout's Job, as far as Ordo reads it. */
export interface Job {
  metadata: Labelled & { uid: string; annotations?: Record<string, string> };
  spec: { suspend?: boolean; template?: { spec: { containers: { image: string }[] } } };
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

export const numberOf = ({ labels }: Labelled): number => Number(labels?.[LABEL_ROLLOUT]);

/** Why the Job will start no pod any more; undefined while it may. */
export function endOf({ status }: Job): string | undefined {
  const end = status?.conditions?.find(
    ({ type, status: is }) => ['Complete', 'Failed'].includes(type) && is === 'True',
  );
  return end && [`${end.type}:`, end.reason, end.message].filter(Boolean).join(' ');
}

/** Another Job of that name, with another uid, stays. */
export const removeJob = (client: Client, namespace: string, rollout: number, uid: string): Promise<void> =>
  client.remove(`/apis/batch/v1/namespaces/${namespace}/jobs/${rolloutName(rollout)}`, {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: 'Background',
    preconditions: { uid },
  });
