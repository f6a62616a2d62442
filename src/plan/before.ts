import { idOf, nameOf } from '../domain/identity.ts';
import { isJob } from '../domain/kinds.ts';
import { groupOf } from '../domain/order.ts';
import { pathOf } from '../domain/object.ts';
import type { Step } from '../domain/plan.ts';
import type { Desired, HeldManifest } from '../manifests/render.ts';
import { entryOf } from './entry.ts';
import type { PlanInput } from './input.ts';
import type { Entries } from './keys.ts';

/** A Job with `ordo.dev/before: "true"`: it is planned with what it runs before, never by itself. */
export const runsBefore = ({ identity, policy }: Pick<Desired, 'identity' | 'policy'>): boolean =>
  isJob(identity) && policy.before === true;

/** Smaller than any number of a file. */
const FIRST = -1;

/**
 * The steps, and in front of those of a group that touch what is there already the Jobs that run before it: a backup before a
 * database is recreated. Where such a Job cannot be rendered now, what it is to run before is held too.
 */
export function withJobsBefore(steps: readonly Step[], before: Entries, input: PlanInput): Step[] {
  const touched = new Set(steps.filter((step) => touches(step, input)).map(({ place }) => groupOf(place)));
  const jobs = input.desired.filter((one) => runsBefore(one) && touched.has(groupOf(one.order)));
  const missing = new Map(input.held.filter(runsBefore).map((held) => [groupOf(held.order), held]));
  const safe = steps.map((step) => {
    const held = missing.get(groupOf(step.place));
    return held && touches(step, input) ? holdFor(step, held) : step;
  });
  return [...safe, ...jobs.map((job) => jobStep(job, before, input))];
}

/** Whether the step changes or takes away something that is there; what nobody knows counts as there. */
function touches({ kind, entry }: Step, { live }: PlanInput): boolean {
  if (kind === 'hold') return false;
  const there = live(idOf(entry));
  return kind !== 'apply' || !there.known || there.value !== undefined;
}

function holdFor({ entry, path, place }: Step, { identity, held }: HeldManifest): Step {
  return { kind: 'hold', entry, path, place, reason: `${nameOf(identity)} is to run before, and is held: ${held}` };
}

function jobStep(job: Desired, before: Entries, input: PlanInput): Step {
  const { identity, kind, order, policy } = job;
  const [group, , ...rest] = order;
  const common = {
    entry: entryOf(job, before, true),
    path: pathOf(kind, identity.namespace, identity.name),
    place: [group, FIRST, ...rest] as const,
    reason: 'it runs before its group is touched',
    wait: 'complete' as const,
    timeout: policy.timeout ?? input.readyTimeout,
    before: true as const,
  };
  const live = input.live(job.id);
  if (!live.known || live.value === undefined) return { kind: 'apply', ...common };
  const { uid, stamp } = live.value;
  return stamp ? { kind: 'recreate', ...common, uid } : { kind: 'apply', ...common, adopt: true };
}
