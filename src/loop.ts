import type { PassResult } from './controller.ts';
import { backoff } from './util/backoff.ts';
import type { Bell } from './util/bell.ts';
import type { Clock } from './util/clock.ts';

const MOST_MS = 600_000;
/** A device with a bad clock or a stopped disk is not dead: the timer must have been silent for longer than this. */
const SILENCE_MS = 120_000;

/** Runs passes one after another until the signal ends: after the poll interval, or after a growing pause when the outside does not answer; at once when the bell rings. */
export async function loop(
  pass: () => Promise<PassResult>,
  {
    interval,
    clock,
    random,
    bell,
    signal,
  }: { interval: () => number; clock: Clock; random: () => number; bell: Bell; signal: AbortSignal },
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    // Whoever rings during the pass may mean what it did not see any more.
    const rung = bell.next();
    const result = await pass();
    failures = result === 'unknown' ? failures + 1 : 0;
    const plain = result === 'done' ? 0 : interval() * (0.9 + 0.2 * random());
    const pause =
      failures === 0 ? plain : Math.max(plain, backoff(failures, { first: interval(), most: MOST_MS, random }));
    await clock.sleep(pause, AbortSignal.any([signal, rung])).catch(() => undefined);
  }
}

/** Runs passes one after another until one has nothing left to do or cannot go on, and answers with its result. */
export async function untilDone(
  pass: () => Promise<PassResult>,
  signal: AbortSignal,
): Promise<Exclude<PassResult, 'done'> | 'stopped'> {
  for (;;) {
    const result = await pass();
    if (signal.aborted) return 'stopped';
    if (result !== 'done') return result;
  }
}

/** A timer of its own, so that being alive does not depend on what a pass waits for. */
export function heartbeat({ clock, signal }: { clock: Clock; signal: AbortSignal }) {
  let last = clock.now().getTime();
  const timer = setInterval(() => (last = clock.now().getTime()), 1000);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  /** Whether the timer fired within three intervals (milliseconds), at least two minutes. */
  return (interval: number): boolean => clock.now().getTime() - last < Math.max(3 * interval, SILENCE_MS);
}
