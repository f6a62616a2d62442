import { idOf } from '../domain/identity.ts';
import type { Inventory, InventoryObject } from '../domain/inventory.ts';
import { isConfiguration, isWorkload } from '../domain/kinds.ts';
import type { Outcome, StepOutcome } from '../domain/outcome.ts';
import { hasManifest, type Plan, type Step } from '../domain/plan.ts';
import { withoutHashes } from './entry.ts';
import { idOfConfiguration, keysSeen, type Keys } from './keys.ts';
import { permissionsLeft } from './permissions.ts';

/**
 * The inventory after a rollout: what is known to have happened, step by step, and nothing else. `outcome` is left out
 * for a plan without steps. A step that was not reached leaves its entry as it was, so that it is planned again.
 */
export function nextInventory(before: Inventory, plan: Plan, key: string, outcome?: Outcome): Inventory {
  // Hashes under another key stay unknown until their object is applied.
  const entries = before.key === key ? before.objects : before.objects.map(withoutHashes);
  const objects = new Map(entries.map((object) => [idOf(object), object]));
  for (const id of plan.gone) objects.delete(id);
  for (const entry of plan.moved) objects.set(idOf(entry), entry);
  const ended = plan.steps.map((step, index) => ({ id: idOf(step.entry), step, end: outcome?.steps[String(index)] }));
  const stale = new Map(
    ended
      .filter(({ step, end }) => step.kind === 'apply' && isConfiguration(step.entry) && !isInCluster(step, end))
      .map(({ id }) => [id, objects.has(id) ? (objects.get(id)?.keys ?? {}) : undefined]),
  );
  const changed = new Set(ended.filter(({ step, end }) => isInCluster(step, end)).map(({ id }) => id));
  for (const { id, step, end } of ended) {
    const before = objects.get(id);
    const after =
      end?.changed === 'restored' ? before && restored(before, changed) : entryAfter(step, end, before, stale);
    if (after) objects.set(id, after);
    else objects.delete(id);
  }
  const left = [...objects.values()];
  return {
    // With what this version does not know of it, and what no rollout changes.
    ...before,
    rollout: outcome ? plan.rollout : before.rollout,
    commit: plan.commit,
    key,
    objects: left,
    ...(before.permissions && { permissions: permissionsLeft(before.permissions, left) }),
  };
}

/**
 * Undefined: nothing of it is in the cluster.
 *
 * @param stale ids of ConfigMaps and Secrets whose change did not come through, and their keys as they are; undefined: not there
 */
function entryAfter(
  step: Step,
  end: StepOutcome | undefined,
  before: InventoryObject | undefined,
  stale: ReadonlyMap<string, Keys | undefined>,
): InventoryObject | undefined {
  if (step.kind === 'hold') return before;
  if (step.kind === 'delete') return isDone(end) ? undefined : before;
  const failed = { outcome: 'failed' as const, ...(hasManifest(step) && step.proven && { proven: true as const }) };
  if (isInCluster(step, end)) {
    const newPods = hasNewPods(step, before);
    const seen = isWorkload(step.entry) && step.entry.keys && { keys: keysSeen(step.entry, before, stale, newPods) };
    const owned = end?.owned !== undefined && { owned: end.owned };
    return { ...step.entry, ...seen, ...owned, ...(isDone(end) ? { outcome: 'done' } : failed) };
  }
  if (end?.state === 'held') {
    // What people made stays theirs: nothing of it is done.
    const entry = before ?? { ...withoutHashes(step.entry), outcome: 'failed' as const };
    const there = 'there' in step && step.there !== undefined && { refusedAs: step.there };
    return { ...entry, refused: step.entry.hash, ...there };
  }
  // A Job that went with its Namespace would count as done again as soon as there is a Namespace.
  if (before && step.kind === 'apply' && step.missing) return { ...before, ...failed };
  if (end?.changed !== 'deleted') return before;
  // Its last pods saw what the entry before says.
  const { keys: _keys, ...entry } = step.entry;
  return { ...entry, ...(before?.keys && { keys: before.keys }), hash: '', outcome: 'failed' };
}

/** As it was, with new pods: they have read what this rollout changed of their configuration, which nobody wanted for them. */
function restored({ owned: _owned, ...before }: InventoryObject, changed: ReadonlySet<string>): InventoryObject {
  const keys = Object.entries(before.keys ?? {}).map(([use, hash]) => {
    const isChanged = changed.has(idOfConfiguration(use, before.namespace));
    return [use, isChanged ? 'stale' : hash] as const;
  });
  return { ...before, ...(before.keys && { keys: Object.fromEntries(keys) }), outcome: 'failed' };
}

/** One that rolls has new pods when its template is another one. */
export function hasNewPods({ kind, entry }: Step, before: InventoryObject | undefined): boolean {
  return kind === 'recreate' || kind === 'restart' || before?.hash === '' || before?.recreate !== entry.recreate;
}

const isDone = (end: StepOutcome | undefined): boolean => end?.state === 'done' || end?.state === 'skipped';

export const isInCluster = (step: Step, end: StepOutcome | undefined): boolean =>
  hasManifest(step) && (isDone(end) || end?.changed === 'applied');
