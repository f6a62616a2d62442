import type { History, HistoryEntry } from '../domain/history.ts';
import { backoff } from '../util/backoff.ts';

const FIRST_MS = 60_000;
const MOST_MS = 600_000;

/**
 * Milliseconds until a rollout that wants the same as the last, failed ones may be tried again: up to a minute after the
 * first failure, doubling up to ten; Infinity when the cause was definite. Whatever changes (a commit, a digest) has
 * another fingerprint and waits for nothing.
 *
 * @param retried failures up to this rollout do not count: a person asked to try again
 */
export function pauseAfterFailure(history: History, fingerprint: string, now: Date, retried = 0): number {
  const other = history.findIndex(
    (entry) => entry.state !== 'failed' || entry.fingerprint !== fingerprint || entry.rollout <= retried,
  );
  const failures = other < 0 ? history.length : other;
  const [last] = history;
  if (failures === 0 || last?.end === undefined) return 0;
  if (isDefinite(last)) return Infinity;
  const pause = backoff(failures, { first: FIRST_MS, most: MOST_MS, random: () => shareOf(last) });
  return Math.max(0, new Date(last.end).getTime() + pause - now.getTime());
}

/** Nothing but a change helps. Without a failed step its Job was lost, or its time was up. */
const isDefinite = ({ state, steps }: HistoryEntry): boolean =>
  state === 'failed' && steps.some((step) => step.state === 'failed' && step.cause !== 'passing');

/** From 0 to 1, as good as random, and the same at each look at the same failure: devices do not come back all at once. */
function shareOf({ fingerprint, rollout }: HistoryEntry): number {
  const share = (Number.parseInt(fingerprint.slice(0, 8), 16) / 2 ** 32 + rollout * 0.618) % 1;
  return Number.isNaN(share) ? 1 : share;
}
