import { idOf, nameOf } from '../domain/identity.ts';
import type { InventoryObject, Quarantined } from '../domain/inventory.ts';
import { goesBack, isExposure, isJob, isWorkload } from '../domain/kinds.ts';
import { compareOrder, groupOf } from '../domain/order.ts';
import type { Plan } from '../domain/plan.ts';
import type { Desired } from '../manifests/render.ts';
import type { PlanInput } from './input.ts';
import { makePlan } from './plan.ts';

export type Rollback = NonNullable<Plan['rollback']>;

/**
 * The plan that puts the group of a failed rollout back: changed and removed objects as they were when the group was last
 * good; of what is new only workloads, Services and Ingresses go. Jobs are never run again. `left` names what stays as
 * the failed version made it.
 *
 * @param good the last good objects
 */
export function rollbackPlan(
  input: Omit<PlanInput, 'desired' | 'held' | 'problems'>,
  { of, group }: Rollback,
  good: readonly Desired[],
  quarantine: readonly Quarantined[],
): { plan: Plan; left: string[] } {
  const own = quarantine.filter(({ rollout }) => rollout === of);
  const blamed = new Set(own.map(({ id }) => id));
  const alone = own.length > 0 && own.every(({ digest }) => digest !== undefined);
  const isOf = (id: string, order: Desired['order']): boolean => blamed.has(id) || (!alone && groupOf(order) === group);
  const desired = good.filter(({ id, identity, order }) => goesBack(identity) && isOf(id, order));
  const known = new Set(desired.map(({ id }) => id));
  const objects = input.inventory.objects.filter((entry) => isOf(idOf(entry), entry.order));
  const isToGo = (entry: InventoryObject): boolean =>
    isExposure(entry) || (isWorkload(entry) && !(isJob(entry) && entry.outcome === 'done'));
  const isPlanned = (entry: InventoryObject): boolean =>
    known.has(idOf(entry)) || ((entry.good === undefined || !goesBack(entry)) && isToGo(entry));
  const plan = makePlan({
    ...input,
    desired,
    held: [],
    problems: [],
    inventory: { ...input.inventory, objects: objects.filter(isPlanned) },
    rollback: { of, group },
  });
  const left = objects.filter((entry) => !isPlanned(entry)).sort((a, b) => compareOrder(a.order, b.order));
  return { plan, left: left.map(nameOf) };
}
