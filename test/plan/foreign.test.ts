import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Inventory } from '../../src/domain/inventory.ts';
import { known } from '../../src/domain/known.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { brief, EMPTY, outcomeOf, planFor, service, workload, type Files, type Surroundings } from './fixtures.ts';

/** What people made: there, without Ordo's stamps. */
const theirs = (...ids: string[]): NonNullable<Surroundings['live']> =>
  Object.fromEntries(ids.map((id) => [id, known({ uid: `uid of ${id}`, deleting: false })]));
const JOB = 'batch/Job/shop/task';
const SERVICE = '/Service/shop/web';
const recreate = (text: string): string =>
  text.replace('"metadata":{', '"metadata":{"annotations":{"ordo.dev/update":"recreate"},');

const FILES: Files = {
  '1-a/10-task.yml': workload('task', { kind: 'Job' }),
  '1-a/20-web.yml': service('web'),
  '1-a/30-next.yml': service('next'),
};
const ALLOWED: Files = {
  ...FILES,
  '1-a/10-task.yml': recreate(workload('task', { kind: 'Job' })),
  '1-a/20-web.yml': recreate(service('web')),
};

/** The inventory after a rollout in which the runner has held the first two. */
function heldIn(files: Files, live = theirs(JOB, SERVICE), inventory = EMPTY): Inventory {
  const { plan, input } = planFor(files, { live, inventory });
  assert.ok(plan.steps.slice(0, 2).every((step) => step.kind === 'apply' && step.adopt));
  const outcome = outcomeOf(plan, (index) => (index < 2 ? { state: 'held', reason: 'differs' } : undefined));
  return nextInventory(inventory, plan, input.keyId, { ...outcome, state: 'done' });
}

describe('what people made and cannot become what Git says', () => {
  const inventory = heldIn(FILES);
  const live = theirs(JOB, SERVICE);

  it('is held from then on, whatever its kind, and begins no rollout', () => {
    const { plan } = planFor(FILES, { inventory, live });
    assert.deepEqual(brief(plan), ['hold Job/shop/task', 'hold Service/shop/web']);
    assert.match(plan.steps[1]?.reason ?? '', /not made by Ordo .*: ordo\.dev\/update: recreate allows to replace it/);
  });

  it('is tried again with another version', () => {
    const files = { ...FILES, '1-a/20-web.yml': service('web').replace('80', '81') };
    const [, step] = planFor(files, { inventory, live }).plan.steps;
    assert.ok(step?.kind === 'apply' && step.adopt);
  });

  it('is tried again when another object stands there, and a Job when its spec is another one', () => {
    const now = (id: string, more: object): NonNullable<Surroundings['live']> => ({
      ...live,
      [id]: known({ uid: `uid of ${id}`, deleting: false, ...more }),
    });
    const anew = planFor(FILES, { inventory, live: now(SERVICE, { uid: 'new' }) }).plan;
    assert.deepEqual(brief(anew), ['hold Job/shop/task', 'apply Service/shop/web']);
    assert.equal(anew.steps[1]?.kind === 'apply' && anew.steps[1].adopt, true);
    const changed = (id: string) => brief(planFor(FILES, { inventory, live: now(id, { generation: 2 }) }).plan);
    assert.deepEqual(changed(JOB), ['apply Job/shop/task', 'hold Service/shop/web']);
    assert.deepEqual(changed(SERVICE), ['hold Job/shop/task', 'hold Service/shop/web']);
  });

  it('is held again when that one differs too', () => {
    const others = Object.fromEntries(
      [JOB, SERVICE].map((id) => [id, known({ uid: `other ${id}`, deleting: false, generation: 1 })]),
    );
    const after = heldIn(FILES, others, inventory);
    assert.deepEqual(brief(planFor(FILES, { inventory: after, live: others }).plan), [
      'hold Job/shop/task',
      'hold Service/shop/web',
    ]);
  });

  it('is replaced when Git allows it, at once or before it was tried', () => {
    assert.deepEqual(brief(planFor(ALLOWED, { inventory, live }).plan), [
      'recreate Job/shop/task',
      'recreate Service/shop/web',
    ]);
    // A workload is replaced unasked then; other kinds are changed in place where that goes.
    const first = planFor(ALLOWED, { live }).plan;
    assert.deepEqual(brief(first).slice(0, 2), ['recreate Job/shop/task', 'apply Service/shop/web']);
    const after = nextInventory(EMPTY, first, 'key-1', {
      ...outcomeOf(first, (index) => (index === 1 ? { state: 'held', reason: 'refused' } : undefined)),
      state: 'done',
    });
    assert.deepEqual(brief(planFor(ALLOWED, { inventory: after, live: theirs(SERVICE) }).plan), [
      'recreate Service/shop/web',
    ]);
  });

  it('is made when somebody has taken it away, a Job too', () => {
    const gone = { [JOB]: known(undefined), [SERVICE]: known(undefined) };
    const made = ['apply Job/shop/task', 'apply Service/shop/web'];
    assert.deepEqual(brief(planFor(FILES, { inventory, live: gone }).plan), made);
    // Under another key too, where a finished Job is not run again.
    assert.deepEqual(brief(planFor(FILES, { inventory, live: gone, key: 'key-2' }).plan).slice(0, 2), made);
  });

  it('is forgotten when it leaves Git, and stays', () => {
    const { '1-a/30-next.yml': rest = '' } = FILES;
    const { plan } = planFor({ '1-a/30-next.yml': rest }, { inventory, live });
    assert.deepEqual([brief(plan), plan.gone.toSorted()], [[], [SERVICE, JOB].toSorted()]);
  });
});
