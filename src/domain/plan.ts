import * as z from 'zod';
import { InventoryObject } from './inventory.ts';
import { Order } from './order.ts';

const common = {
  /** The inventory's entry once the step is done (for a delete: the entry that goes). */
  entry: InventoryObject,
  /** API path of the object. */
  path: z.string(),
  /** Where the step stands: the entry's order, or a later place when it uses configuration that changes there. */
  place: Order,
  /** Why, in words for people. */
  reason: z.string(),
};

const gated = {
  /** none: opted out; ready: the kind's own gate; complete: a Job is waited for however long it runs. */
  wait: z.enum(['none', 'ready', 'complete']),
  /** How long the gate may take, in seconds. */
  timeout: z.number().positive(),
  /** This very version was ready before: that it runs out of time passes by itself. */
  proven: z.literal(true).optional(),
  /** Fields that keep what is in the cluster, as dotted paths; the manifest's values are for the object's creation. */
  leave: z.array(z.string()).optional(),
};

/** A Job that is complete before anything else of its group is touched. */
const before = z.literal(true).optional();

/** Server-side apply; creates what is not there. adopt: an object is there that Ordo did not make. */
export const ApplyStep = z.object({
  kind: z.literal('apply'),
  ...common,
  ...gated,
  adopt: z.literal(true).optional(),
  /** What kubectl owns of it becomes Ordo's first, so that what Git does not state goes. */
  takeOver: z.literal(true).optional(),
  /** Deleted and made anew when the API server refuses the change in place. */
  replace: z.literal(true).optional(),
  /** What is there (`standing`), to be remembered if it refuses the change. */
  there: z.string().optional(),
  /** It is recorded, and was not in the cluster when the plan was made. */
  missing: z.literal(true).optional(),
  before,
});
/** Apply in place, then new pods one after another: the workload rolls, and configuration that its pods read has changed. */
const RestartStep = ApplyStep.extend({ kind: z.literal('restart') });
/** Delete the object with this uid, wait until it and its pods are gone, apply. */
export const RecreateStep = z.object({ kind: z.literal('recreate'), ...common, ...gated, uid: z.string(), before });
/** Delete the object with this uid; group: with the workloads of its group; end: after the last group, in the order of the plan. */
export const DeleteStep = z.object({
  kind: z.literal('delete'),
  ...common,
  uid: z.string(),
  phase: z.enum(['group', 'end']),
});
/** New pods for what is there, whoever made it, by a timestamp on its pod template: configuration has changed outside of Git. */
const RollStep = z.object({
  kind: z.literal('roll'),
  ...common,
  uid: z.string(),
  /** RFC 3339; in the plan, so that a runner that starts again restarts nothing twice. */
  at: z.string(),
  /** What its pods will have seen, by `ConfigMap/name` and `Secret/name`: hashes of their data. */
  sees: z.record(z.string(), z.string()),
});
/** Not taken until something changes or a person allows it. */
const HoldStep = z.object({
  kind: z.literal('hold'),
  ...common,
  /** What would let it go: a person's permission, a look at what is in the Namespace or left of the CRD, or that the update window opens. */
  wants: z.enum(['permission', 'contents', 'window']).optional(),
  /** Somebody else changed it, and that is left so: nothing that Git wants waits. */
  drift: z.literal(true).optional(),
});

export const Step = z.discriminatedUnion('kind', [
  ApplyStep,
  RestartStep,
  RecreateStep,
  DeleteStep,
  RollStep,
  HoldStep,
]);
export type Step = z.infer<typeof Step>;
export type ApplyStep = z.infer<typeof ApplyStep>;
export type RestartStep = z.infer<typeof RestartStep>;
export type RecreateStep = z.infer<typeof RecreateStep>;
export type DeleteStep = z.infer<typeof DeleteStep>;
export type RollStep = z.infer<typeof RollStep>;
export type HoldStep = z.infer<typeof HoldStep>;

/** The ordered steps that turn the inventory into the desired set. A step's index in `steps` is its name in the outcome. */
export const Plan = z.object({
  version: z.literal(1),
  rollout: z.number().int().positive(),
  target: z.string(),
  commit: z.string(),
  /** Ordo's own namespace, where the outcome is written. */
  namespace: z.string(),
  steps: z.array(Step),
  /** Entries that change without a step: a file was renamed, an object is gone already (`gone`, by id). */
  moved: z.array(InventoryObject),
  gone: z.array(z.string()),
  /** Ids of objects that left the repository and stay in the cluster and in the inventory: `ordo.dev/prune: "false"`. */
  kept: z.array(z.string()).default([]),
  /** The failed rollout and the group that this one puts back. */
  rollback: z.object({ of: z.number().int(), group: z.number().int() }).optional(),
  /** Why the cluster does not become equal to the commit: groups that stay at their last good manifests. The SHA does not move. */
  behind: z.string().optional(),
  /** Nothing but restarts for configuration that changed outside of Git: it belongs to no commit, and nothing of it is Git's. */
  restarts: z.literal(true).optional(),
});
export type Plan = z.infer<typeof Plan>;

/** What the rollout's Secrets hold: the plan, and by step index the stamped manifests of the steps that have one. */
export const Rollout = z.object({ plan: Plan, manifests: z.record(z.string(), z.looseObject({})) });
export type Rollout = z.infer<typeof Rollout>;

/** A step that ends in an apply: the ones with a manifest. */
export type ManifestStep = ApplyStep | RestartStep | RecreateStep;
export const hasManifest = (step: Step): step is ManifestStep =>
  step.kind === 'apply' || step.kind === 'restart' || step.kind === 'recreate';

/** What a step does, as people read it. */
export const verbOf = ({ kind }: Step): string => (kind === 'roll' ? 'restart' : kind);

/** A step that changes the cluster: the ones that the runner carries out. */
export const isActive = (step: Step): step is Exclude<Step, { kind: 'hold' }> => step.kind !== 'hold';
