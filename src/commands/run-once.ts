import type { Client } from '../cluster/client.ts';
import { readSelf } from '../cluster/self.ts';
import { untilDone } from '../loop.ts';
import { systemClock as clock } from '../util/clock.ts';
import { createPasses } from './passes.ts';
import type { Place } from './wiring.ts';

/** The pod's own image stands in its status a moment after its container has started. */
const STATUS_MS = 30_000;
const LOOK_AGAIN_MS = 500;

/**
 * `ordo run --once`, for a CronJob: passes until nothing is left to do. Exit code 0: done, or the rest is held or stopped
 * by a person; 1: a rollout failed, something outside is not known, or it was told to end. Settings that are wrong throw
 * SettingsError. What it leaves unfinished the next run takes up.
 */
export async function runOnce(place: Place, signal: AbortSignal): Promise<0 | 1> {
  const { cluster, log, status, settings, pass } = createPasses(place, signal);
  log.info({ namespace: place.namespace, repository: settings().repository }, 'ordo started for one run');
  try {
    await ownImage(cluster.client, place, signal);
  } catch (error) {
    log.error(
      { reason: (error as Error).message },
      'no rollout can begin: is ORDO_POD this pod, and its container called ordo?',
    );
    return 1;
  }
  const result = await untilDone(pass, signal);
  // The first line says what there is to do, or why nothing is done; a failure stands in the log already.
  const [said] = status.now().text.split('\n');
  if (result === 'idle') log.info({ said }, 'nothing left to do');
  else log.error({ result }, 'the run ends before everything is done');
  return result === 'idle' ? 0 : 1;
}

/** Waits until the cluster says which image this pod runs: rollouts run the same. Throws what it said last. */
async function ownImage(client: Client, { namespace, pod }: Place, signal: AbortSignal): Promise<void> {
  const end = clock.now().getTime() + STATUS_MS;
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
