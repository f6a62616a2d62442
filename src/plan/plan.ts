import { idOf } from '../domain/identity.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { canRoll, isExposure, isWorkload } from '../domain/kinds.ts';
import { pathOf } from '../domain/object.ts';
import { compareOrder } from '../domain/order.ts';
import { notByManifest } from '../domain/ordo.ts';
import type { ApplyStep, Plan, Step } from '../domain/plan.ts';
import type { Desired } from '../manifests/render.ts';
import { runsBefore, withJobsBefore } from './before.ts';
import { changeOf } from './change.ts';
import { inDeletionOrder } from './deletion-order.ts';
import { entryOf, heldEntry, movedEntry, UNKNOWN_HASH } from './entry.ts';
import { deletionHeld, deletionsHeld, guarded, stillThere } from './guards.ts';
import type { PlanInput } from './input.ts';
import type { Entries } from './keys.ts';
import { guardOwnRights, withCarriers } from './own-rights.ts';
import { overrideOf, overrideReason } from './overrides.ts';
import { placeOfUser, placesOf, type Places } from './place.ts';
import { isSame } from './quarantine.ts';
import { standing } from './refused.ts';
import { mayReplace, mayReplaceForeign } from './replace.ts';

/** The steps that turn the inventory into the desired set. Pure; never throws; equal states give an empty plan. */
export function makePlan(given: PlanInput): Plan {
  const input = { ...given, desired: withCarriers(given) };
  const before = new Map(input.inventory.objects.map((object) => [idOf(object), object]));
  const steps: Step[] = [];
  const moved: InventoryObject[] = [];
  const gone: string[] = [];
  const kept: string[] = [];

  const places = placesOf(input, before);
  for (const desired of input.desired) {
    const step = runsBefore(desired) ? undefined : desiredStep(desired, before, places, input);
    const entry = step ? undefined : movedEntry(desired, before, input);
    if (step) steps.push(step);
    if (entry) moved.push(entry);
  }
  for (const held of input.held) {
    const entry = before.get(held.id) ?? heldEntry(held);
    steps.push({
      kind: 'hold',
      entry,
      path: pathOf(held.kind, held.identity.namespace, held.identity.name),
      place: held.order,
      reason: held.held,
    });
  }
  const wanted = new Set([...[...input.desired, ...input.held].map(({ id }) => id), ...(input.frozen ?? [])]);
  const allHeld = deletionsHeld(input);
  for (const [id, entry] of before) {
    if (wanted.has(id)) continue;
    const step = removalStep(id, entry, allHeld, input);
    if (step === 'gone') gone.push(id);
    else if (step === 'kept') kept.push(id);
    else steps.push(step);
  }
  const { rollout, target, commit, namespace, behind, rollback } = input;
  const all = sorted(guardOwnRights(withJobsBefore(guarded(steps, kept, input), before, input), before, input));
  return {
    ...{ version: 1, rollout, target, commit, namespace, steps: all, moved, gone, kept },
    ...(behind !== undefined && { behind }),
    ...(rollback && { rollback }),
  };
}

function desiredStep(desired: Desired, before: Entries, places: Places, input: PlanInput): Step | undefined {
  const change = changeOf(desired, before, input);
  if (change.kind === 'none') return undefined;
  const override = overrideOf(desired.identity, input);
  const { identity, policy } = desired;
  const live = input.live(desired.id);
  const isGone = live.known && live.value === undefined;
  const common = {
    entry: {
      ...entryOf(desired, before, isGone || change.newPods),
      ...(change.repaired && { repaired: change.repaired }),
    },
    path: pathOf(desired.kind, identity.namespace, identity.name),
    place: placeOfUser(desired, change.configuration, places),
    reason: change.reason,
  };
  const fields = policy['ignore-fields'] ?? [];
  const how = {
    wait: policy.wait ?? ('ready' as const),
    timeout: policy.timeout ?? input.readyTimeout,
    ...(isProven(desired, before) && { proven: true as const }),
    ...(fields.length > 0 && { leave: fields }),
  };
  const hold = (reason: string): Step => ({ kind: 'hold', ...common, reason, ...(change.isDrift && { drift: true }) });
  if (override) return hold(overrideReason(override));
  const own = isGone ? undefined : notByManifest(identity, input.namespace);
  if (own !== undefined) return hold(own);
  const there = live.known && live.value && { there: standing(identity, live.value) };
  const apply: ApplyStep = { kind: 'apply', ...common, ...how, ...there };
  const isInPlace = change.kind === 'apply' || change.kind === 'restart';
  if (mayReplace(desired, input)) apply.replace = true;
  if (change.takeOver) apply.takeOver = true;
  const inPlace: Step = change.kind === 'restart' ? { ...apply, kind: 'restart' } : apply;
  if (!live.known) return isInPlace ? inPlace : hold(`the cluster did not say what is there: ${live.reason}`);
  if (change.isDrift && change.kind === 'hold') return hold(change.reason);
  if (live.value === undefined) return before.has(desired.id) ? { ...apply, missing: true } : apply;
  if (change.kind === 'hold') return hold(change.reason);
  const { uid, stamp } = live.value;
  const recreate: Step = { kind: 'recreate', ...common, ...how, uid };
  if (stamp !== undefined) return isInPlace ? inPlace : recreate;
  // What people made is never deleted unasked: applied in place, or left alone where that is refused.
  const entry = before.get(desired.id);
  const isNew = entry === undefined;
  const reason = isNew ? 'it was there before' : change.reason;
  const isRefused = entry?.refused !== undefined;
  const isMeant = isRefused || (isWorkload(identity) && (isNew || change.kind === 'recreate'));
  if (isMeant && mayReplaceForeign(desired, input)) return { ...recreate, reason };
  if (change.kind === 'recreate' && !canRoll(identity)) return hold(`${FOREIGN}: ${WAY_OUT}`);
  return { ...inPlace, reason, adopt: true };
}

/** It was ready as it is wanted now. */
function isProven({ id, hash, keys }: Desired, before: Entries): boolean {
  const entry = before.get(id);
  return entry !== undefined && (entry.outcome === 'done' || entry.proven === true) && isSame(entry, hash, keys);
}

const FOREIGN = 'the object that is there now was not made by Ordo';
const WAY_OUT = 'ordo.dev/update: recreate allows to replace it';

/** What to do about an object that left the repository; nothing when it is gone from the cluster too, or is to stay there. */
function removalStep(
  id: string,
  entry: InventoryObject,
  allHeld: string | undefined,
  input: PlanInput,
): Step | 'gone' | 'kept' {
  const path = input.pathOf(entry);
  const common = { entry, path: path ?? '', place: entry.order };
  const hold = (reason: string): Step => ({ kind: 'hold', ...common, reason });
  const override = overrideOf(entry, input);
  if (override) return hold(overrideReason(override));
  const unsure = stillThere(entry, input, id) ?? allHeld;
  if (unsure !== undefined) return hold(unsure);
  const live = input.live(id);
  if (!live.known) return hold(`the cluster did not say what is there: ${live.reason}`);
  if (live.value === undefined) return 'gone';
  if (entry.prune === false) return 'kept';
  // It was never more than looked at.
  if (live.value.stamp === undefined && entry.hash === UNKNOWN_HASH && entry.refused !== undefined) return 'gone';
  const held = deletionHeld(entry, input, id);
  if (held !== undefined) return { kind: 'hold', ...common, ...held };
  if (path === undefined) return hold(`the cluster has no kind ${entry.kind} now`);
  if (live.value.stamp === undefined) return hold(`${FOREIGN}: delete it by hand`);
  const phase = isWorkload(entry) || isExposure(entry) ? 'group' : 'end';
  return {
    kind: 'delete',
    ...common,
    uid: live.value.uid,
    phase,
    reason: input.rollback ? 'new in what failed' : `no longer in ${input.folder}`,
  };
}

const isLast = (step: Step): boolean => step.kind === 'delete' && step.phase === 'end';

/** A user of configuration stands right behind the configuration that moved it there. */
const isMoved = (step: Step): number => (compareOrder(step.place, step.entry.order) === 0 ? 0 : 1);

/** The steps of the groups, and then the deletions after the last one. */
function sorted(steps: readonly Step[]): Step[] {
  const all = steps.toSorted(compareSteps);
  return [...all.filter((step) => !isLast(step)), ...inDeletionOrder(all.filter(isLast))];
}

/** Ascending; deletes after the last group stand behind everything, descending. */
function compareSteps(a: Step, b: Step): number {
  if (isLast(a) !== isLast(b)) return isLast(a) ? 1 : -1;
  const order = compareOrder(a.place, b.place) || isMoved(a) - isMoved(b) || compareOrder(a.entry.order, b.entry.order);
  return isLast(a) ? -order : order;
}
