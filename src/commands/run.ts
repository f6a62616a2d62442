import type { PassResult } from '../controller.ts';
import { heartbeat, loop } from '../loop.ts';
import { openDesk } from '../report/desk.ts';
import { startHealth } from '../report/health.ts';
import type { Answer } from '../status.ts';
import { createBell } from '../util/bell.ts';
import { systemClock as clock } from '../util/clock.ts';
import { giveBackMemory } from '../util/memory.ts';
import { checkNow } from './check-now.ts';
import { history, type HistoryQuery } from './history.ts';
import { createPasses } from './passes.ts';
import type { Place } from './wiring.ts';

const HEALTH_PORT = 8080;
/** `ordo plan` gets what is known by then. */
const ANSWER_MS = 30_000;

/** `ordo run`: the controller, until the signal ends it. Settings that are wrong at the start throw SettingsError. */
export async function run(place: Place, signal: AbortSignal): Promise<void> {
  const { cluster, log, status, settings, notReady, pass } = await createPasses(place, signal);
  const interval = (): number => settings().pollInterval;
  const bell = createBell();
  const alive = heartbeat({ clock, signal });
  await startHealth({
    port: HEALTH_PORT,
    live: () => alive(interval()) || 'the timer of the loop has stopped',
    ready: () => notReady() ?? true,
    trouble: () => status.trouble(),
    signal,
  });
  const answers = {
    plan: freshPlan,
    check: () => checkNow(place, cluster, signal),
    history: (query: HistoryQuery) => history(cluster, query),
  };
  await openDesk(place.workFolder, answers, signal);

  const startMs = Math.round(performance.now());
  log.info({ namespace: place.namespace, repository: settings().repository, startMs }, 'ordo started');
  await loop(frugally(pass), { interval, clock, random: Math.random, bell, signal });
  log.info({}, 'ordo stopped');

  /** What a pass says that begins now: who asks has just pushed a commit. */
  async function freshPlan(): Promise<Answer> {
    const heard = status.fresh();
    bell.ring();
    await Promise.race([heard, clock.sleep(ANSWER_MS, signal)]);
    return status.now();
  }
}

/** The same passes; idle ones give back the memory that those before them needed. */
const frugally = (pass: () => Promise<PassResult>) => async (): Promise<PassResult> => {
  const result = await pass();
  if (result === 'idle') giveBackMemory();
  return result;
};
