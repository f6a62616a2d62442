import { nameOf } from '../domain/identity.ts';
import type { Logger } from '../util/logger.ts';
import type { Api } from './api.ts';
import type { Clock } from './clock.ts';
import type { Ended, Gate } from './gates/gate.ts';
import { judgeInTime } from './gates/in-time.ts';
import { lookAt } from './look.ts';
import { pauseAfter } from './pause.ts';

export interface WaitContext {
  api: Api;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  ifStillWanted: () => Promise<void>;
}

export interface WaitOptions {
  /** Jobs that nobody waits for; they only count as unfinished. Finished ones are taken out. */
  background?: Set<Gate>;
  /** A Job whose pods have run for longer than this is left for later, in ms. */
  leaveJobsAfter?: number;
  /** Something of the group has failed already: what is not ready soon is not waited for. */
  hurry?: boolean;
}

const PODS_MS = 1_000;
const LOG_MS = 30_000;
/** A look that took longer had no answer for so long: the API server was away or stood still, in ms. */
const BLIND_MS = 2_000;

/**
 * Looks at the objects again and again until each is ready, has failed for a definite cause, or has used up its time, and
 * tells how each ends as soon as it does.
 */
export async function waitForGates(
  { api, clock, log, signal, ifStillWanted }: WaitContext,
  gates: readonly Gate[],
  { background = new Set(), leaveJobsAfter = Infinity, hurry = false }: WaitOptions,
  onEnd: (gate: Gate, end: Ended) => void,
): Promise<void> {
  const begin = clock.elapsed();
  let hurryFrom = hurry ? begin : Infinity;
  let podsSeen = begin;
  let logged = begin;
  const open = new Set(gates);
  while (open.size > 0) {
    const withPods = clock.elapsed() - podsSeen >= PODS_MS;
    const asked = clock.elapsed();
    const looks = await lookAt(api, [...open], background, withPods);
    const elapsed = clock.elapsed();
    // Nobody could say meanwhile that they are ready: their time stands still too.
    if (elapsed - asked >= BLIND_MS) for (const gate of open) gate.begin += elapsed - asked;
    if (withPods) podsSeen = elapsed;
    for (const [gate, look] of looks) {
      const end = judgeInTime(gate, look, { now: clock.now().getTime(), elapsed, hurryFrom, leaveJobsAfter });
      if (end === undefined) continue;
      open.delete(gate);
      onEnd(gate, end);
      if (end.state === 'failed') hurryFrom = Math.min(hurryFrom, elapsed);
    }
    if (elapsed - logged >= LOG_MS) {
      logged = elapsed;
      const names = [...open].slice(0, 10).map(({ step }) => nameOf(step.entry));
      log.info({ objects: names, count: open.size }, 'waiting');
    }
    if (open.size === 0) return;
    await ifStillWanted();
    await clock.sleep(pauseAfter(clock.elapsed() - begin), signal);
  }
}
