import type { Inventory } from '../../src/domain/inventory.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { brief, outcomeOf, planFor, type Files, type Surroundings } from './fixtures.ts';

/** The inventory after these files were deployed without a fault. */
export function deployed(files: Files, around: Surroundings = {}): Inventory {
  const { plan, input } = planFor(files, around);
  return nextInventory(input.inventory, plan, input.keyId, outcomeOf(plan));
}

/** The steps that lead from one repository to another, in short. */
export const steps = (before: Files, after: Files, around: Surroundings = {}): string[] =>
  brief(planFor(after, { inventory: deployed(before), ...around }).plan);

/** A repository of one file. */
export const at = (text: string): Files => ({ '1-a/10-a.yml': text });
