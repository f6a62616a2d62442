import type { GoodStore } from '../cluster/good.ts';
import type { State } from '../cluster/state.ts';
import type { Settings } from '../config/settings.ts';
import type { GoodObject } from '../domain/good.ts';
import type { Inventory, Quarantined } from '../domain/inventory.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Plan } from '../domain/plan.ts';
import { goodChanges, withGood, type GoodChange } from '../plan/good.ts';
import { quarantineAfter } from '../plan/quarantine.ts';

/** How a rollout ended. */
export interface End {
  plan: Plan;
  /** As the cluster confirms it. */
  outcome: Outcome;
  /** Reads what was sent, by step index; nothing when that is gone already. */
  manifests: () => Promise<Record<string, object>>;
  onFailure: Settings['onFailure'];
  now: Date;
}

/**
 * What a rollout leaves for later ones: the manifests of what became good are kept, what failed for a definite cause goes into
 * quarantine, and its group is to be put back. Answers with the inventory that says so, still to be written; called
 * again it does the same.
 */
export async function aftermath(
  goods: GoodStore,
  { inventory: before, key }: State,
  { plan, outcome, onFailure, now, ...sent }: End,
  after: Inventory,
): Promise<Inventory> {
  const manifests = await sent.manifests();
  // Before it is changed: what failed is compared with what was good until now.
  const good = outcome.state === 'failed' ? await goods.readAll(key.id) : new Map<string, GoodObject>();
  const quarantine = quarantineAfter(before, plan, outcome, { good, manifests, now });
  const changes = goodChanges(before, plan, outcome, manifests);
  for (const [group, change] of changes) await keep(goods, group, key.id, change);
  const { rollback: _rollback, ...rest } = withGood(after, before, changes);
  const rollback = onFailure === 'rollback' ? dueRollback(before, plan, outcome, quarantine) : undefined;
  return { ...rest, ...(quarantine.length > 0 && { quarantine }), ...(rollback && { rollback }) };
}

const keep = (goods: GoodStore, group: number, key: string, { put, out }: GoodChange): Promise<void> =>
  goods.update(group, key, (objects) => {
    for (const id of out) objects.delete(id);
    for (const [id, object] of put) objects.set(id, object);
  });

/** The group that is to be put back: of this rollout, or of an earlier one when putting back failed for a passing cause. */
function dueRollback(
  { rollback }: Inventory,
  plan: Plan,
  outcome: Outcome,
  quarantine: readonly Quarantined[],
): Inventory['rollback'] {
  if (plan.rollback) {
    const failed = Object.values(outcome.steps).filter(({ state }) => state === 'failed');
    return outcome.state === 'failed' && failed.every(({ cause }) => cause === 'passing') ? rollback : undefined;
  }
  const fresh = quarantine.filter(({ rollout, alone }) => rollout === plan.rollout && !alone);
  const groups = fresh.map(({ group }) => group);
  return groups.length > 0 ? { of: plan.rollout, group: Math.min(...groups) } : undefined;
}
