import type { Bundle } from '../domain/bundle.ts';
import type { HistoryEntry } from '../domain/history.ts';
import type { Logger } from '../util/logger.ts';

/** Lines for so many failed steps; the rest stands in the history. */
const MOST_LINES = 20;

/** How a rollout ended, as one line; when it failed, a line for each failed step with all that is known of its cause. */
export function reportEnd(
  { rollout, commit, state, reason, about, steps }: HistoryEntry,
  bundle: Bundle | undefined,
  log: Logger,
): void {
  if (state === 'done') return log.info({ rollout, commit }, 'rollout done');
  if (state === 'stopped') return log.info({ rollout, commit, reason }, 'rollout stopped');
  const failed = steps.map((step, index) => ({ ...step, index })).filter((step) => step.state === 'failed');
  log.error({ rollout, commit, author: about?.author, state, reason, failed: failed.length }, 'rollout failed');
  for (const step of failed.slice(0, MOST_LINES)) {
    const { object, source: file, document, reason: why } = step;
    const { pods = [], events = [] } = bundle?.failures.find((one) => one.step === step.index) ?? {};
    const where = { object, file, document, commit, author: about?.author, subject: about?.subject };
    const seen = { ...(pods.length > 0 && { pods }), ...(events.length > 0 && { events }) };
    log.error({ rollout, ...where, reason: why, ...seen }, 'step failed');
  }
}
