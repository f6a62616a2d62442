import { untilDone } from '../loop.ts';
import { createPasses } from './passes.ts';
import { ownImage, type Place } from './wiring.ts';

/** How long the cluster may take to say which image this pod runs. */
const STATUS_MS = 30_000;

/**
 * `ordo run --once`, for a CronJob: passes until nothing is left to do. Exit code 0: done, or the rest is held or stopped
 * by a person; 1: a rollout failed, something outside is not known, or it was told to end. Settings that are wrong throw
 * SettingsError. What it leaves unfinished the next run takes up.
 */
export async function runOnce(place: Place, stop: AbortSignal): Promise<0 | 1> {
  // What still watches would keep the process.
  const over = new AbortController();
  try {
    return await once(place, AbortSignal.any([stop, over.signal]));
  } finally {
    over.abort(new Error('the run is over'));
  }
}

async function once(place: Place, signal: AbortSignal): Promise<0 | 1> {
  const { cluster, log, status, settings, pass } = await createPasses(place, signal);
  log.info({ namespace: place.namespace, repository: settings().repository }, 'ordo started for one run');
  try {
    await ownImage(cluster.client, place, STATUS_MS, signal);
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
