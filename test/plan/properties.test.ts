import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { idOf } from '../../src/domain/identity.ts';
import { isPrecious } from '../../src/domain/kinds.ts';
import { compareOrder } from '../../src/domain/order.ts';
import type { StepOutcome } from '../../src/domain/outcome.ts';
import { isActive, type Plan } from '../../src/domain/plan.ts';
import { configMap, workload } from './fixtures.ts';
import { Model, type End } from './model.ts';
import { always, repository, sometimes } from './repositories.ts';

const failure: fc.Arbitrary<StepOutcome> = fc.constantFrom<StepOutcome[]>(
  { state: 'failed' },
  { state: 'failed', changed: 'applied' },
  { state: 'failed', changed: 'deleted' },
  { state: 'failed', changed: 'restored' },
);

/** A failure as it can happen to the step: nothing is deleted by an apply, nothing applied by a delete. */
const possible = ({ steps }: Plan, index: number, failed: StepOutcome): StepOutcome =>
  steps[index]?.kind === 'recreate' || failed.changed === (steps[index]?.kind === 'delete' ? 'deleted' : 'applied')
    ? failed
    : { state: 'failed' };

function check(property: fc.IPropertyWithHooks<never[]> | fc.IProperty<unknown[]>, numRuns = 100): void {
  fc.assert(property as fc.IProperty<unknown[]>, { numRuns });
}

const isQuiet = ({ steps, moved, gone }: Plan): boolean =>
  !steps.some(isActive) && moved.length === 0 && gone.length === 0;

test('#7 the plan of equal states is empty, and a plan that was carried out leaves nothing to plan', () => {
  check(
    fc.property(repository(sometimes), repository(sometimes), (a, b) => {
      const model = new Model();
      for (const files of [a, b]) {
        model.rollOut(model.plan(files));
        const { plan } = model.plan(files);
        assert.ok(isQuiet(plan), JSON.stringify(plan, null, 1));
      }
    }),
  );
});

test('a rollout that ends at any step is finished by the next one, and nothing is done twice', () => {
  check(
    fc.property(repository(always), repository(always), fc.nat(), failure, (a, b, at, failed) => {
      const straight = new Model();
      const broken = new Model();
      for (const model of [straight, broken]) model.rollOut(model.plan(a));
      straight.rollOut(straight.plan(b));

      const first = broken.plan(b);
      const stop = at % (first.plan.steps.length + 1);
      const end: End = (index) => {
        if (index < stop) return undefined;
        return index === stop ? possible(first.plan, index, failed) : { state: 'not-reached' };
      };
      const { steps } = broken.rollOut(first, end);
      const second = broken.plan(b);
      const done = first.plan.steps.filter((_, index) => steps[String(index)]?.state === 'done');
      const again = new Set(second.plan.steps.filter(isActive).map(({ entry }) => idOf(entry)));
      assert.deepEqual(
        done.filter(({ entry }) => again.has(idOf(entry))),
        [],
      );
      broken.rollOut(second);
      assert.deepEqual(byId(broken), byId(straight));
      assert.deepEqual(contentsOf(broken), contentsOf(straight));
    }),
  );
});

test('#24 whatever fails on the way, in the end all pods have seen the configuration as it is', () => {
  const rollout = fc.record({
    files: repository(sometimes),
    failures: fc.array(fc.option(failure), { maxLength: 12 }),
  });
  check(
    // Three in a row find what nothing remembers: pods that waited for a ConfigMap which came and went while their workload
    // could neither be changed nor read.
    fc.property(fc.array(rollout, { minLength: 1, maxLength: 2 }), repository(always), (rollouts, last) => {
      const model = new Model();
      for (const { files, failures } of rollouts) {
        const planned = model.plan(files);
        let hasFailed = false;
        model.rollOut(planned, (index) => {
          const step = planned.plan.steps[index];
          // The deletes after the last group begin when everything else is done.
          if (step?.kind === 'delete') return hasFailed && step.phase === 'end' ? { state: 'not-reached' } : undefined;
          const failed = failures[index % failures.length];
          hasFailed ||= Boolean(failed);
          return failed ? possible(planned.plan, index, failed) : undefined;
        });
      }
      model.rollOut(model.plan(last));
      assert.deepEqual(model.stale(), []);
      assert.ok(isQuiet(model.plan(last).plan));
    }),
    300,
  );
});

test('#24 pods that were made anew beside a change that failed have seen what was there, not what their workload saw last', () => {
  const model = new Model();
  const user = (pod: Record<string, unknown>) => workload('s1', { kind: 'StatefulSet', pod });
  const using = user({ volumes: [{ name: 'c1', configMap: { name: 'c1' } }] });
  const fails = (name: string, planned: ReturnType<Model['plan']>): End => {
    return (index) => (planned.plan.steps[index]?.entry.name === name ? { state: 'failed' } : undefined);
  };
  const rollOut = (c1: string, s1: string, failing: string): void => {
    const planned = model.plan({ '1-g/1-c1.json': configMap('c1', { a: c1 }), '1-g/2-s1.json': s1 });
    model.rollOut(planned, fails(failing, planned));
  };
  rollOut('1', using, '');
  rollOut('2', user({}), 's1');
  rollOut('3', using.replace('app:1', 'app:2'), 'c1');
  rollOut('1', using.replace('app:1', 'app:2'), '');
  assert.deepEqual(model.stale(), []);
});

test('#13 #24 pods that were put back beside a change of their configuration have seen it, and are made anew when it is taken back', () => {
  const model = new Model();
  const user = workload('d1', { config: ['c1'] });
  const files = (c1: string, d1: string) => ({ '1-g/1-c1.json': configMap('c1', { a: c1 }), '1-g/2-d1.json': d1 });
  model.rollOut(model.plan(files('1', user)));
  const planned = model.plan(files('2', user.replace('nginx:1', 'nginx:2')));
  const isUser = (index: number): boolean => planned.plan.steps[index]?.entry.name === 'd1';
  model.rollOut(planned, (index) => (isUser(index) ? { state: 'failed', changed: 'restored' } : undefined));
  model.rollOut(model.plan(files('1', user)));
  assert.deepEqual(model.stale(), []);
});

test('a plan has one step for an object at most, in the order of their places, and deletes nothing that holds data', () => {
  check(
    fc.property(repository(sometimes), repository(sometimes), (a, b) => {
      const model = new Model();
      model.rollOut(model.plan(a));
      const { plan, input } = model.plan(b);
      const ids = plan.steps.map(({ entry }) => idOf(entry));
      assert.equal(new Set(ids).size, ids.length);
      const deleted = plan.steps.filter(({ kind }) => kind === 'delete');
      assert.ok(!deleted.some(({ entry }) => isPrecious(entry)));

      const isLast = (step: Plan['steps'][number]) => step.kind === 'delete' && step.phase === 'end';
      const last = plan.steps.findIndex(isLast);
      const [steps, tail] = last < 0 ? [plan.steps, []] : [plan.steps.slice(0, last), plan.steps.slice(last)];
      assert.ok(tail.every(isLast));
      assertSorted(steps);
      assertSorted(tail.toReversed());
      const places = new Map(input.desired.map(({ id, order }) => [id, order]));
      // Nothing is done before its own place.
      for (const { place, entry } of plan.steps) {
        const own = places.get(idOf(entry));
        assert.ok(own === undefined || compareOrder(own, place) <= 0);
      }
    }),
  );
});

test('nothing is deleted while a file cannot be read, whatever else the repository says', () => {
  const broken = fc.constantFrom('a: [', '\u0000', '- a list', 'kind: Pod', 'a: *nothing', '--- x');
  check(
    fc.property(repository(sometimes), repository(sometimes), broken, (a, b, text) => {
      const model = new Model();
      model.rollOut(model.plan(a));
      const { plan } = model.plan({ ...b, '2-g/7-broken.yml': text });
      assert.ok(!plan.steps.some(({ kind }) => kind === 'delete'));
      assert.deepEqual(
        plan.gone.filter((id) => model.objects.has(id)),
        [],
      );
    }),
  );
});

function assertSorted(steps: Plan['steps']): void {
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    assert.ok(next === undefined || compareOrder(step.place, next.place) <= 0);
  }
}

const byId = ({ inventory }: Model) => new Map(inventory.objects.map((object) => [idOf(object), object]));
const contentsOf = ({ objects }: Model) =>
  new Map([...objects].map(([id, { desired, seen }]) => [id, { hash: desired.hash, seen }]));
