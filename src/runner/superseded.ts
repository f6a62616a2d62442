import type { Plan } from '../domain/plan.ts';
import { ANNOTATION_SUPERSEDED } from '../domain/stamps.ts';
import type { Api } from './api.ts';
import type { Clock } from './clock.ts';
import { readAll } from './read.ts';

/** There is a newer commit, and this rollout only waits: what was applied stays, and the next plan goes on from there. */
export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

const LOOK_MS = 2_000;

/**
 * A function to call while nothing but waiting is done: throws SupersededError once the controller has written a newer
 * commit on this rollout's Job. Looks every two seconds at most.
 */
export function supersededCheck(api: Api, { namespace, rollout }: Plan, clock: Pick<Clock, 'elapsed'>) {
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs/ordo-rollout-${rollout}`;
  let looked = -Infinity;
  return async (): Promise<void> => {
    if (clock.elapsed() - looked < LOOK_MS) return;
    looked = clock.elapsed();
    const job = (await readAll(api, [path], { metadataOnly: true })).get(path);
    const commit = job?.metadata.annotations?.[ANNOTATION_SUPERSEDED];
    if (commit !== undefined) throw new SupersededError(`the newer commit ${commit.slice(0, 10)} goes on from here`);
  };
}
