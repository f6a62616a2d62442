import type { GoodObject } from '../domain/good.ts';
import { idOf } from '../domain/identity.ts';
import type { Inventory, InventoryObject } from '../domain/inventory.ts';
import type { KubeObject, ResourceKind } from '../domain/object.ts';
import { groupOf } from '../domain/order.ts';
import type { Outcome } from '../domain/outcome.ts';
import { isActive, type Plan, type Step } from '../domain/plan.ts';
import { ANNOTATION_SOURCE } from '../domain/stamps.ts';
import { policyOf } from '../manifests/policy.ts';
import type { Desired } from '../manifests/render.ts';

/** What changes in the last good manifests of one group; ids to take out, objects to put in. */
export interface GoodChange {
  put: Map<string, GoodObject>;
  out: Set<string>;
}

/**
 * What a rollout has made good: the objects of every group of which all steps are done. A group that failed keeps what it
 * had. Of all kinds: what went with a Namespace comes back with it. What a failed group goes back to is chosen from them.
 *
 * @param manifests what was sent, by step index
 */
export function goodChanges(
  before: Inventory,
  plan: Plan,
  outcome: Outcome,
  manifests: Record<string, object>,
): Map<number, GoodChange> {
  const entries = new Map(before.objects.map((object) => [idOf(object), object]));
  const changes = new Map<number, GoodChange>();
  const changeIn = (group: number): GoodChange => {
    const change = changes.get(group) ?? { put: new Map(), out: new Set() };
    changes.set(group, change);
    return change;
  };
  const takeOut = (entry: InventoryObject | undefined): void => {
    if (entry) changeIn(entry.good ?? groupOf(entry.order)).out.add(idOf(entry));
  };
  const ended = (index: number): string => outcome.steps[index]?.state ?? '';
  const isDone = (index: number): boolean => ['done', 'skipped'].includes(ended(index));
  // One that the API server refused to change in place is held; its neighbours are good.
  const isBad = (index: number): boolean => !isDone(index) && ended(index) !== 'held';
  const bad = new Set(
    plan.steps.flatMap((step, index) => (isActive(step) && isBad(index) ? [groupOf(step.place)] : [])),
  );
  for (const [index, step] of plan.steps.entries()) {
    const isKept = isDone(index) && (isLast(step) || !bad.has(groupOf(step.place)));
    if (!isActive(step) || !isKept) continue;
    const id = idOf(step.entry);
    const old = entries.get(id);
    const manifest = manifests[index];
    if (step.kind === 'delete') takeOut(old);
    else if (manifest) {
      const group = groupOf(step.entry.order);
      if (old?.good !== undefined && old.good !== group) takeOut(old);
      const owned = outcome.steps[index]?.owned;
      const entry = { ...step.entry, good: group, ...(owned !== undefined && { owned }) };
      changeIn(group).put.set(id, { entry, manifest: { ...manifest } });
    }
  }
  for (const id of plan.gone) takeOut(entries.get(id));
  return changes;
}

const isLast = (step: Step): boolean => step.kind === 'delete' && step.phase === 'end';

/** The inventory with the place of each object's last good manifest. */
export function withGood(inventory: Inventory, before: Inventory, changes: ReadonlyMap<number, GoodChange>): Inventory {
  const groups = new Map(before.objects.map((object) => [idOf(object), object.good]));
  for (const [group, { put }] of changes) for (const id of put.keys()) groups.set(id, group);
  const objects = inventory.objects.map((object) => {
    const good = groups.get(idOf(object));
    return good === undefined || good === object.good ? object : { ...object, good };
  });
  return { ...inventory, objects };
}

/** A last good object as a plan wants it; undefined when the cluster has no such kind any more. */
export function desiredFrom(
  { entry, manifest }: GoodObject,
  findKind: (object: InventoryObject) => ResourceKind | undefined,
): Desired | undefined {
  const kind = findKind(entry);
  if (kind === undefined) return undefined;
  const object = manifest as unknown as KubeObject;
  const { group, kind: name, namespace, name: own, source, order, hash, recreate, fixed, keys, images, app } = entry;
  const commit = object.metadata.annotations?.[ANNOTATION_SOURCE]?.split('@').at(-1);
  return {
    id: idOf(entry),
    identity: { group, kind: name, namespace, name: own },
    kind,
    source,
    order,
    object,
    policy: policyOf(object).policy,
    hash,
    ...(recreate !== undefined && { recreate }),
    ...(fixed !== undefined && { fixed }),
    ...(keys && { keys }),
    ...(images && { images }),
    ...(app !== undefined && { app }),
    ...(commit !== undefined && { commit }),
    notes: [],
  };
}
