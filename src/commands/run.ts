import type { PassResult } from '../controller.ts';
import { Override, Release, Retry, type Looked, type Request } from '../holds/asked.ts';
import { keptRequests } from '../holds/kept.ts';
import { heartbeat, loop } from '../loop.ts';
import { openDesk } from '../report/desk.ts';
import { startHealth } from '../report/health.ts';
import type { Answer } from '../report/status.ts';
import { createBell } from '../util/bell.ts';
import { systemClock as clock } from '../util/clock.ts';
import { compileLess, giveBackMemory } from '../util/memory.ts';
import { checkNow } from './check-now.ts';
import { history, HistoryQuery } from './history.ts';
import { createPasses } from './passes.ts';
import { why, WhyQuery } from './why.ts';
import type { Place } from './wiring.ts';

const HEALTH_PORT = 8080;
/** `ordo plan` gets what is known by then. */
const ANSWER_MS = 30_000;
const MOMENT_MS = 3000;
/** Who has just changed something often changes more. */
const SOON_MS = 5_000;

/** `ordo run`: the controller, until the signal ends it. Settings that are wrong at the start throw SettingsError. */
export async function run(place: Place, signal: AbortSignal): Promise<void> {
  const bell = createBell();
  const { cluster, log, status, interval, metrics, settings, notReady, asked, pass } = await createPasses(
    place,
    signal,
    { isAwaited: true, ring: () => bell.ring() },
  );
  const alive = heartbeat({ clock, signal });
  await startHealth({
    port: HEALTH_PORT,
    live: () => alive(interval()) || 'the timer of the loop has stopped',
    ready: () => notReady() ?? true,
    trouble: () => status.trouble(),
    metrics,
    signal,
  });
  const kept = keptRequests(asked, cluster.client, place.namespace, log);
  const answers = {
    plan: freshPlan,
    check: () => checkNow(place, cluster, signal),
    history: (query: unknown) => history(cluster, HistoryQuery.parse(query)),
    why: async (query: unknown) => why(cluster, WhyQuery.parse(query), await freshLook()),
    release: (details: unknown) => decided(Release.parse(details)),
    retry: (details: unknown) => decided(Retry.parse(details)),
    override: (details: unknown) => decided(Override.parse(details)),
  };
  await openDesk(place.workFolder, answers, signal);

  compileLess();
  const startMs = Math.round(performance.now());
  log.info({ namespace: place.namespace, repository: settings().repository, startMs }, 'ordo started');
  await loop(frugally(remembering), { interval, clock, random: Math.random, bell, signal });
  log.info({}, 'ordo stopped');

  /** The same passes, with what was asked of a controller before this one; what they could not carry out is kept. */
  async function remembering(): Promise<PassResult> {
    const unread = (error: unknown): void => log.warn({ reason: reasonOf(error) }, 'what was asked for is not kept');
    await kept.takeUp().catch(unread);
    const result = await pass();
    await kept.keep().catch(unread);
    return result;
  }

  /** What a pass says that begins now: who asks has just pushed a commit. */
  async function freshPlan(): Promise<Answer> {
    const heard = status.fresh();
    bell.ring();
    await Promise.race([heard, clock.sleep(ANSWER_MS, signal)]);
    return status.now();
  }

  /** What a pass sees that begins now; while a rollout runs, or the outside does not answer, why there is none. */
  async function freshLook(): Promise<Looked | string> {
    const looked = asked.look();
    bell.ring();
    const later = clock.sleep(status.rollout() === undefined ? ANSWER_MS : MOMENT_MS, signal);
    return Promise.race([looked, later.then(() => status.rollout() ?? status.trouble() ?? 'the pass takes its time')]);
  }

  /** What came of it; while a rollout runs, or the outside does not answer, that it is kept for the next pass that can. */
  async function decided(request: Request): Promise<Answer> {
    const answer = asked.ask(request);
    bell.ring();
    const later = async (): Promise<Answer> => {
      // While a rollout runs nothing else comes of it.
      await clock.sleep(status.rollout() === undefined ? ANSWER_MS : MOMENT_MS, signal);
      const [why] = (status.rollout() ?? status.trouble() ?? 'the pass takes its time').split('\n');
      const lost = await kept.keep().then(() => '', reasonOf);
      const care = lost && `\nask again if the pod of Ordo is replaced before: it could not be written down: ${lost}`;
      return { text: `noted, and carried out as soon as that is possible: ${why}${care}`, code: 0 };
    };
    return Promise.race([answer, later()]);
  }
}

/** The same passes; idle ones give back the memory that those before them needed. */
function frugally(pass: () => Promise<PassResult>): () => Promise<PassResult> {
  let busy = -Infinity;
  return async () => {
    const result = await pass();
    if (result === 'idle') giveBackMemory(performance.now() - busy < SOON_MS);
    else busy = performance.now();
    return result;
  };
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
