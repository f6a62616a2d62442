import type { Clock } from '../../src/runner/clock.ts';

/** A clock that stands still except while someone sleeps. */
export function fakeClock(): Clock & { slept: number[] } {
  let ms = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => new Date(Date.UTC(2026, 0, 1) + ms),
    elapsed: () => ms,
    async sleep(time, signal) {
      signal.throwIfAborted();
      slept.push(time);
      ms += time;
    },
  };
}
