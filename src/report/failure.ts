import type { HistoryEntry } from '../domain/history.ts';

/**
 * Why a rollout failed, as one line: its first failed step, and how many there are beside it. It comes from the record, so
 * a controller that has just started says it too.
 */
export function whyFailed({ rollout, reason, steps }: HistoryEntry): string {
  const failed = steps.filter(({ state }) => state === 'failed');
  const [first] = failed;
  const cause = first ? `${first.object}: ${first.reason ?? 'no reason is known'}` : (reason ?? 'no reason is known');
  const others = failed.length > 1 ? ` (${failed.length - 1} more failed)` : '';
  return `rollout ${rollout} failed: ${cause.replaceAll(/\s*\n\s*/g, '; ')}${others}`;
}
