import * as z from 'zod';

/** The end of a container's log: of the instance before the one that runs now where `previous` is true. */
const LogTail = z.object({ previous: z.boolean(), lines: z.array(z.string()) });

/** A container that keeps its pod from being ready. */
const ContainerSeen = z.object({
  name: z.string(),
  /** Waiting reason with its message, how it ended, or that it runs and is not ready. */
  state: z.string(),
  restarts: z.number().int(),
  /** How the instance before ended. */
  last: z.object({ exitCode: z.number().int().optional(), reason: z.string() }).optional(),
  log: LogTail.optional(),
});
export type ContainerSeen = z.infer<typeof ContainerSeen>;

const PodSeen = z.object({
  name: z.string(),
  phase: z.string(),
  /** What is wrong with the pod as a whole: the scheduler's words, an eviction. */
  reason: z.string().optional(),
  containers: z.array(ContainerSeen),
});
export type PodSeen = z.infer<typeof PodSeen>;

const EventSeen = z.object({
  /** When it was seen last, ISO 8601. */
  at: z.string(),
  /** `Pod/web-7d4f`. */
  object: z.string(),
  reason: z.string(),
  message: z.string(),
  count: z.number().int(),
});
export type EventSeen = z.infer<typeof EventSeen>;

/** A failed step, and what was seen of its pods when it failed. */
export const Failure = z.object({
  /** The step's index in the plan. */
  step: z.number().int(),
  object: z.string(),
  source: z.string(),
  /** Position in the file, from 0. */
  document: z.number(),
  reason: z.string(),
  pods: z.array(PodSeen).default([]),
  /** Newest last. */
  events: z.array(EventSeen).default([]),
  /** Why something of it could not be seen. */
  unseen: z.string().optional(),
});
export type Failure = z.infer<typeof Failure>;

/** Why a rollout failed: Secret `ordo-bundle-N`. No value of a Secret that Ordo knows of is in it. */
export const Bundle = z.object({
  version: z.literal(1),
  rollout: z.number().int().positive(),
  commit: z.string(),
  failures: z.array(Failure),
  /** So many more steps failed than there was room for. */
  omitted: z.number().int().default(0),
});
export type Bundle = z.infer<typeof Bundle>;

export const bundleName = (rollout: number): string => `ordo-bundle-${rollout}`;
