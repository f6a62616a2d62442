import * as z from 'zod';

const StepState = z.enum(['done', 'failed', 'skipped', 'held', 'not-reached']);
export type StepState = z.infer<typeof StepState>;

/** Times are ISO 8601 in UTC with milliseconds. */
export const StepOutcome = z.object({
  state: StepState,
  begin: z.string().optional(),
  end: z.string().optional(),
  reason: z.string().optional(),
  /** The object was changed although the step failed: applied but not ready; deleted and not made again; or put back as it was. */
  changed: z.enum(['applied', 'deleted', 'restored']).optional(),
  /** Of a failed step: definite waits for a change of what is wanted; passing (registry away, disk full, no network) is tried again. Missing: definite. */
  cause: z.enum(['definite', 'passing']).optional(),
  /** Which fields Ordo owned of the object when it was applied (`ownedMark`). */
  owned: z.string().optional(),
});
export type StepOutcome = z.infer<typeof StepOutcome>;

/** What the runner of a rollout says; steps by their index in the plan. */
export const Outcome = z.object({
  version: z.literal(1),
  rollout: z.number().int().positive(),
  state: z.enum(['running', 'done', 'failed', 'stopped']),
  reason: z.string().optional(),
  /** What a running rollout waits for at the moment, one line each. */
  waiting: z.array(z.string()).optional(),
  steps: z.record(z.string(), StepOutcome),
});
export type Outcome = z.infer<typeof Outcome>;
