import { idOf, type Identity } from '../domain/identity.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Plan } from '../domain/plan.ts';
import type { RestartMemory } from '../domain/restarts.ts';
import { idOfConfiguration } from './keys.ts';
import { hasNewPods, isInCluster } from './next.ts';

/** A workload with new pods, and the step that changed configuration for which it would be restarted. */
export interface FreshUser {
  /** Of the workload. */
  id: string;
  /** `ConfigMap/name` or `Secret/name`. */
  name: string;
  identity: Identity;
  /** Index in the plan of the step that applied it. */
  step: number;
}

/** Workloads that a rollout has made new pods for in place, with what it has changed of their configuration before that. */
export function usersOf(plan: Plan, outcome: Outcome, inventory: Inventory, memory: RestartMemory): FreshUser[] {
  const before = new Map(inventory.objects.map((object) => [idOf(object), object]));
  const applied = new Map(
    plan.steps.flatMap((step, index) =>
      isInCluster(step, outcome.steps[String(index)]) ? [[idOf(step.entry), { step, index }] as const] : [],
    ),
  );
  return [...applied].flatMap(([id, { step }]) => {
    if (!hasNewPods(step, before.get(id))) return [];
    return Object.keys(memory.workloads[id]?.seen ?? {}).flatMap((name): FreshUser[] => {
      const changed = applied.get(idOfConfiguration(name, step.entry.namespace));
      return changed ? [{ id, name, identity: changed.step.entry, step: changed.index }] : [];
    });
  });
}
