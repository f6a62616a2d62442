import type { GoodObject } from '../../src/domain/good.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import type { StepOutcome } from '../../src/domain/outcome.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { desiredFrom, goodChanges, withGood } from '../../src/plan/good.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { quarantineAfter, underQuarantine } from '../../src/plan/quarantine.ts';
import { rollbackPlan } from '../../src/plan/rollback.ts';
import { stampedManifests } from '../../src/plan/stamp.ts';
import {
  brief,
  claim,
  configMap,
  KINDS,
  outcomeOf,
  planFor,
  workload,
  type Files,
  type Planned,
  type Surroundings,
} from './fixtures.ts';

/** An install as the controller keeps it: the inventory, and the last good objects. */
export interface Install {
  inventory: Inventory;
  good: Map<string, GoodObject>;
}

const NOW = new Date('2026-01-01T00:00:00Z');
const findKind = ({ group, kind }: { group: string; kind: string }) =>
  KINDS.find((one) => one.group === group && one.kind === kind);
export const goodOf = ({ good }: Install) =>
  [...good.values()].flatMap((object) => desiredFrom(object, findKind) ?? []);

/** Carries a plan out: what is named ends as said, everything else is done. */
export function carriedOut(
  { inventory, good }: Install,
  { plan, input }: Planned,
  ends: Record<string, StepOutcome> = {},
): Install {
  const outcome = outcomeOf(plan, (index) => ends[plan.steps[index]?.entry.name ?? '']);
  const manifests = stampedManifests(plan, input.desired);
  const changes = goodChanges(inventory, plan, outcome, manifests);
  const quarantine = quarantineAfter(inventory, plan, outcome, { good, manifests, now: NOW });
  const next = new Map(good);
  for (const { out } of changes.values()) for (const id of out) next.delete(id);
  for (const { put } of changes.values()) for (const [id, object] of put) next.set(id, object);
  const after = nextInventory(inventory, plan, 'key-1', outcome);
  return { inventory: { ...withGood(after, inventory, changes), quarantine }, good: next };
}

export const planOf = (install: Install | undefined, files: Files, around: Surroundings = {}): Planned =>
  planFor(files, { ...around, ...(install && { inventory: install.inventory }) });

export const nothing = (): Install => ({ inventory: planFor({}).input.inventory, good: new Map() });
export const installed = (files: Files): Install => carriedOut(nothing(), planOf(undefined, files));

/** The plan while something is in quarantine. */
export function planUnder(install: Install, files: Files, around: Surroundings = {}): Plan {
  const { input } = planOf(install, files, around);
  const good = new Map(goodOf(install).map((one) => [one.id, one]));
  return makePlan({ ...input, ...underQuarantine(input, good) });
}

export function putBack(install: Install, of: number, group: number): { steps: string[]; left: string[] } {
  const { input } = planOf(install, {});
  const { desired: _desired, held: _held, problems: _problems, ...rest } = input;
  const { plan, left } = rollbackPlan(rest, { of, group }, goodOf(install), install.inventory.quarantine ?? []);
  return { steps: brief(plan), left };
}

export const notReady: StepOutcome = { state: 'failed', changed: 'applied', reason: 'not ready' };
export const groups = (value: string): Files => ({
  '2-early/10-c.yml': configMap('early', { value }),
  '3-shop/10-c.yml': configMap('config', { value }),
  '3-shop/20-web.yml': workload('web', { config: ['config'] }),
  '3-shop/30-job.yml': workload('job', { kind: 'Job', image: `job:${value}` }),
  '3-shop/40-claim.yml': claim('data'),
  '4-late/10-c.yml': configMap('late', { value }),
});
