import { idOf } from '../domain/identity.ts';
import type { Inventory, InventoryObject } from '../domain/inventory.ts';
import type { Outcome, StepOutcome } from '../domain/outcome.ts';
import type { Plan, Step } from '../domain/plan.ts';

/**
 * The inventory after a rollout: what is known to have happened, step by step, and nothing else. `outcome` is left out
 * for a plan without steps. A step that was not reached leaves its entry as it was, so that it is planned again.
 */
export function nextInventory(before: Inventory, plan: Plan, key: string, outcome?: Outcome): Inventory {
  const objects = new Map(before.objects.map((object) => [idOf(object), object]));
  for (const id of plan.gone) objects.delete(id);
  for (const entry of plan.moved) objects.set(idOf(entry), entry);
  for (const [index, step] of plan.steps.entries()) {
    const id = idOf(step.entry);
    const after = entryAfter(step, outcome?.steps[String(index)], objects.get(id));
    if (after) objects.set(id, after);
    else objects.delete(id);
  }
  return {
    version: 1,
    rollout: outcome ? plan.rollout : before.rollout,
    commit: plan.commit,
    key,
    objects: [...objects.values()],
  };
}

/** Undefined: nothing of it is in the cluster. */
function entryAfter(
  step: Step,
  outcome: StepOutcome | undefined,
  before: InventoryObject | undefined,
): InventoryObject | undefined {
  const done = outcome?.state === 'done' || outcome?.state === 'skipped';
  if (step.kind === 'hold') return before;
  if (step.kind === 'delete') return done ? undefined : before;
  if (done) return step.entry;
  if (outcome?.changed === 'applied') return { ...step.entry, outcome: 'failed' };
  if (outcome?.changed === 'deleted') return { ...step.entry, hash: '', outcome: 'failed' };
  return before;
}
