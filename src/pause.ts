import type { History } from './domain/history.ts';

const FIRST_MS = 60_000;
const MOST_MS = 600_000;

/**
 * Milliseconds until a rollout that wants the same as the last, failed ones may be tried again: a minute after the first
 * failure, doubling up to ten. Whatever changes (a commit, a digest) has another fingerprint and waits for nothing.
 */
export function pauseAfterFailure(history: History, fingerprint: string, now: Date): number {
  const other = history.findIndex((entry) => entry.state === 'done' || entry.fingerprint !== fingerprint);
  const failures = other < 0 ? history.length : other;
  const ended = history[0]?.end;
  if (failures === 0 || ended === undefined) return 0;
  const pause = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return Math.max(0, new Date(ended).getTime() + pause - now.getTime());
}
