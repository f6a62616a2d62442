import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Inventory } from '../../src/domain/inventory.ts';
import { known } from '../../src/domain/known.ts';
import { hasManifest, type Plan } from '../../src/domain/plan.ts';
import type { StepOutcome } from '../../src/domain/outcome.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { brief, configMap, EMPTY, namespace, outcomeOf, planFor, workload } from './fixtures.ts';

const WEB = 'apps/Deployment/shop/web';
const BOTH = { '/ConfigMap/shop/web': known(undefined), [WEB]: known(undefined) };
const LATE: StepOutcome = { state: 'failed', changed: 'applied', cause: 'passing', reason: 'not ready after 5 s' };

const files = ({ value = '1', image = 'nginx:1' } = {}) => ({
  '1-shop/10-shop.yml': namespace('shop'),
  '1-shop/20-web.yml': configMap('web', { value }),
  '1-shop/40-web.yml': workload('web', { config: ['web'], image }),
});

const plan = (inventory: Inventory, live = {}, wanted = files()): Plan =>
  planFor(wanted, { inventory, live, more: { drift: 'repair' } }).plan;

const after = (inventory: Inventory, made: Plan, end?: StepOutcome): Inventory =>
  nextInventory(
    inventory,
    made,
    'key-1',
    outcomeOf(made, () => end),
  );

const ready = after(EMPTY, plan(EMPTY));
const proven = ({ steps }: Plan): boolean[] => steps.map((step) => hasManifest(step) && step.proven === true);

describe('J04 a repair that runs out of time', () => {
  it('is of a version that was ready before, and so is each further try, until it is ready', () => {
    const repair = plan(ready, BOTH);
    const failed = after(ready, repair, LATE);
    const again = plan(failed);
    assert.deepEqual(
      [brief(repair), proven(repair)],
      [
        ['apply ConfigMap/shop/web', 'apply Deployment/shop/web'],
        [true, true],
      ],
    );
    assert.deepEqual([brief(again), proven(again)], [brief(repair), proven(repair)]);
    assert.deepEqual(plan(after(failed, again, LATE)).steps, again.steps);
    const { objects } = after(failed, again);
    assert.ok(objects.every((entry) => entry.outcome === 'done' && entry.proven === undefined));
  });

  it('is so too of what it did not reach', () => {
    const left = after(ready, plan(ready, BOTH), { state: 'not-reached' });
    assert.deepEqual(proven(plan(left, BOTH)), [true, true]);
  });

  it('is not of another version, of other configuration, nor of what was never ready', () => {
    const gone = { [WEB]: known(undefined) };
    const isProven = (inventory: Inventory, wanted?: ReturnType<typeof files>) =>
      proven(plan(inventory, gone, wanted)).at(-1);
    assert.equal(isProven(ready), true);
    assert.equal(isProven(ready, files({ image: 'nginx:2' })), false);
    assert.equal(isProven(ready, files({ value: '2' })), false);
    assert.equal(isProven(after(EMPTY, plan(EMPTY), LATE)), false);
  });
});
