import { idOf } from '../domain/identity.ts';
import { isJob } from '../domain/kinds.ts';
import type { Outcome, StepOutcome } from '../domain/outcome.ts';
import { hasManifest, type Plan, type Step } from '../domain/plan.ts';
import type { LiveObject } from '../domain/stamps.ts';

/**
 * The outcome as the cluster confirms it: a step that the runner calls done and the cluster does not show is failed.
 * Nothing is recorded as deployed that was not seen.
 */
export function verified(plan: Plan, outcome: Outcome, live: ReadonlyMap<string, LiveObject>): Outcome {
  const steps: Record<string, StepOutcome> = { ...outcome.steps };
  let { state } = outcome;
  for (const [index, step] of plan.steps.entries()) {
    const said = steps[String(index)];
    if (said?.state !== 'done') continue;
    const doubt = doubtOf(step, plan.rollout, live.get(idOf(step.entry)));
    if (doubt === undefined) continue;
    // Somebody else was there in between: what was done was done, and is no fault of what is wanted.
    const changed = hasManifest(step) && { changed: 'applied' as const };
    const reason = `done, but not seen in the cluster: ${doubt}`;
    steps[String(index)] = { ...said, state: 'failed', cause: 'passing', ...changed, reason };
    state = 'failed';
  }
  return { ...outcome, state, steps };
}

function doubtOf(step: Step, rollout: number, live: LiveObject | undefined): string | undefined {
  // Somebody else's, restarted: nothing of Ordo's is on it.
  if (step.kind === 'hold' || step.kind === 'roll') return undefined;
  if (step.kind === 'delete') return live?.uid === step.uid ? 'it is still there' : undefined;
  // A finished Job may have been removed when its time to live ended: its completion is remembered.
  if (live === undefined) return isJob(step.entry) ? undefined : 'it is not there';
  if (live.deleting) return 'it is being deleted';
  return live.stamp?.rollout === rollout && live.stamp.hash === step.entry.hash ? undefined : 'it carries other stamps';
}
