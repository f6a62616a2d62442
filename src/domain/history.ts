import * as z from 'zod';
import { CommitAbout } from './commit.ts';
import { StepOutcome } from './outcome.ts';

/** One rollout as the record keeps it. Times are ISO 8601 in UTC with milliseconds. */
export const HistoryEntry = z.object({
  rollout: z.number().int().positive(),
  commit: z.string(),
  state: z.enum(['running', 'done', 'failed', 'stopped']),
  /** When the change was seen. */
  seen: z.string(),
  begin: z.string(),
  end: z.string().optional(),
  reason: z.string().optional(),
  /** Equal for plans that would do the same: a failed plan is not repeated without a pause. */
  fingerprint: z.string(),
  /** The rollout that failed, and whose group this one puts back. */
  rollbackOf: z.number().int().positive().optional(),
  /** Of a rollback: what the failed version changed and nobody reversed. */
  notReversed: z.array(z.string()).optional(),
  about: CommitAbout.optional(),
  steps: z.array(
    StepOutcome.partial({ state: true }).extend({
      kind: z.string(),
      object: z.string(),
      source: z.string(),
      /** Position in the file, from 0. */
      document: z.number().optional(),
    }),
  ),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** Newest first. */
export const History = z.array(HistoryEntry);
export type History = z.infer<typeof History>;

const MOST_ENTRIES = 100;
/** Some 250 KiB when they are written, and it takes 50 ms to read so many. */
const MOST_STEPS = 10_000;

/** The newest rollouts, at most a hundred; fewer when they were large ones, but the last one always. */
export function newestOf(history: History): History {
  let steps = 0;
  return history.filter((entry, index) => {
    steps += entry.steps.length;
    return index === 0 || (index < MOST_ENTRIES && steps <= MOST_STEPS);
  });
}
