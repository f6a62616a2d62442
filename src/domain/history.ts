import { z } from 'zod';
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
  steps: z.array(
    StepOutcome.partial({ state: true }).extend({ kind: z.string(), object: z.string(), source: z.string() }),
  ),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** Newest first. */
export const History = z.array(HistoryEntry);
export type History = z.infer<typeof History>;
