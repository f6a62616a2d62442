import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idOf } from '../../src/domain/identity.ts';
import { Inventory, type InventoryObject } from '../../src/domain/inventory.ts';
import type { Outcome, StepOutcome } from '../../src/domain/outcome.ts';
import type { LiveObject } from '../../src/domain/stamps.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { verified } from '../../src/plan/verify.ts';
import { deployed } from './deployed.ts';
import { brief, configMap, namespace, outcomeOf, planFor, service, workload, type Files } from './fixtures.ts';

const files = (value: string, image = 'nginx:1'): Files => ({
  '1-a/10-c.yml': configMap('c', { value }),
  '1-a/20-web.yml': workload('web', { config: ['c'], image }),
  '1-a/30-svc.yml': service('web'),
});

/** The inventory after a rollout in which the object of a kind ended so; what it is not said of was done. */
function after(before: Inventory, texts: Files, ends: Record<string, StepOutcome>): Inventory {
  const { plan } = planFor(texts, { inventory: before });
  const outcome = outcomeOf(plan, (index) => ends[plan.steps[index]?.entry.kind ?? '']);
  return nextInventory(before, plan, 'key-1', outcome);
}

const entry = ({ objects }: Inventory, kind: string): InventoryObject => {
  const found = objects.find((object) => object.kind === kind);
  assert.ok(found);
  return found;
};

describe('the next inventory', () => {
  it('is what the plan wanted when all is done, and reads back as it was written', () => {
    const inventory = deployed(files('1'));
    assert.deepEqual(Inventory.parse(JSON.parse(JSON.stringify(inventory))), inventory);
    assert.deepEqual(
      inventory.objects.map(({ kind, source, outcome }) => [kind, source, outcome]),
      [
        ['ConfigMap', 'deploy/1-a/10-c.yml', 'done'],
        ['Deployment', 'deploy/1-a/20-web.yml', 'done'],
        ['Service', 'deploy/1-a/30-svc.yml', 'done'],
      ],
    );
    assert.deepEqual([inventory.rollout, inventory.key], [1, 'key-1']);
  });

  it('#4 leaves what was not reached or failed as it was', () => {
    const before = deployed(files('1'));
    for (const state of ['not-reached', 'failed'] as const) {
      const same = after(before, files('2', 'nginx:2'), { ConfigMap: { state }, Deployment: { state } });
      assert.deepEqual(same.objects, before.objects);
    }
  });

  it('knows what a failed step changed: applied and not ready, or deleted and not made again', () => {
    const before = deployed(files('1'));
    const applied = after(before, files('1', 'nginx:2'), { Deployment: { state: 'failed', changed: 'applied' } });
    assert.equal(entry(applied, 'Deployment').outcome, 'failed');
    assert.notEqual(entry(applied, 'Deployment').hash, entry(before, 'Deployment').hash);
    const deleted = after(before, files('1', 'nginx:2'), { Deployment: { state: 'failed', changed: 'deleted' } });
    assert.deepEqual([entry(deleted, 'Deployment').outcome, entry(deleted, 'Deployment').hash], ['failed', '']);
    for (const inventory of [applied, deleted]) {
      assert.deepEqual(brief(planFor(files('1', 'nginx:2'), { inventory }).plan), ['apply Deployment/shop/web']);
    }
  });

  it('#13 keeps the entry of what was put back, which is then made anew once more', () => {
    const before = deployed(files('1'));
    const ends = { Deployment: { state: 'failed', changed: 'restored' } } as const;
    const inventory = after(before, files('1', 'nginx:2'), ends);
    assert.deepEqual(entry(inventory, 'Deployment'), { ...entry(before, 'Deployment'), outcome: 'failed' });
    const { plan } = planFor(files('1', 'nginx:2'), { inventory });
    assert.deepEqual(brief(plan), ['recreate Deployment/shop/web']);
  });

  it('O02 holds what the API server refused to change in place, until something else is wanted or replacing it is allowed', () => {
    const port = (name: string, annotations = {}): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: 'shop', annotations },
        spec: { clusterIP: name },
      });
    const allowed = { 'ordo.dev/update': 'recreate' };
    const before = deployed({ '1-a/30-svc.yml': port('a') });
    const inventory = after(before, { '1-a/30-svc.yml': port('b') }, { Service: { state: 'held' } });
    const planned = (text: string) => planFor({ '1-a/30-svc.yml': text }, { inventory }).plan;
    const held = planned(port('b'));
    assert.deepEqual(brief(held), ['hold Service/shop/web']);
    assert.match(held.steps[0]?.reason ?? '', /ordo.dev\/update: recreate allows to replace it/);
    assert.deepEqual(brief(planned(port('c'))), ['apply Service/shop/web']);
    assert.deepEqual(brief(planned(port('a'))), []);
    const [step] = planned(port('b', allowed)).steps;
    assert.deepEqual([step?.kind, step?.kind === 'apply' && step.replace], ['apply', true]);
  });

  it('counts a skipped step as done', () => {
    const { '1-a/30-svc.yml': _svc, ...rest } = files('1');
    const inventory = after(deployed(files('1')), rest, { Service: { state: 'skipped' } });
    assert.deepEqual(
      inventory.objects.map(({ kind }) => kind),
      ['ConfigMap', 'Deployment'],
    );
  });

  it('keeps what a failed delete left', () => {
    const { '1-a/30-svc.yml': _svc, ...rest } = files('1');
    for (const end of [{ state: 'failed' }, { state: 'failed', changed: 'deleted' }] as StepOutcome[]) {
      const before = deployed(files('1'));
      assert.deepEqual(after(before, rest, { Service: end }).objects, before.objects);
    }
  });

  it('of a plan without steps has the same number: files that moved and objects that are gone', () => {
    const before = deployed({ ...files('1'), '1-a/40-n.yml': namespace('n') });
    const { '1-a/20-web.yml': web = '', ...rest } = files('1');
    const { plan } = planFor({ ...rest, '2-b/20-web.yml': web }, { inventory: before });
    const inventory = nextInventory(before, { ...plan, steps: [], gone: ['/Namespace//n'] }, 'key-1');
    assert.equal(inventory.rollout, 1);
    assert.equal(entry(inventory, 'Deployment').source, 'deploy/2-b/20-web.yml');
    assert.equal(inventory.objects.length, 3);
  });
});

describe('pods that were made while a change of their configuration failed', () => {
  const failed: Record<string, StepOutcome> = { ConfigMap: { state: 'failed' } };

  it('are made again when the change comes through', () => {
    const inventory = after(deployed(files('1')), files('2'), failed);
    assert.deepEqual(brief(planFor(files('2'), { inventory }).plan), [
      'apply ConfigMap/shop/c',
      'recreate Deployment/shop/web',
    ]);
  });

  it('are left alone when the change is taken back', () => {
    const inventory = after(deployed(files('1')), files('2'), failed);
    assert.deepEqual(brief(planFor(files('1'), { inventory }).plan), []);
  });

  it('are made again even if they are new', () => {
    const { '1-a/20-web.yml': _web, ...without } = files('1');
    const inventory = after(deployed(without), files('2'), failed);
    assert.deepEqual(brief(planFor(files('2'), { inventory }).plan), [
      'apply ConfigMap/shop/c',
      'recreate Deployment/shop/web',
    ]);
  });

  it('are left alone when the configuration is new: they wait for it', () => {
    const { '1-a/10-c.yml': _c, ...without } = files('1');
    const inventory = after(deployed(without), files('1', 'nginx:2'), failed);
    assert.deepEqual(brief(planFor(files('1', 'nginx:2'), { inventory }).plan), ['apply ConfigMap/shop/c']);
  });
});

describe('another HMAC key', () => {
  it('leaves the hashes of what was not reached unknown: applied in place later, never recreated', () => {
    const before = deployed(files('1'));
    const { plan } = planFor(files('1'), { inventory: before, key: 'key-2' });
    const outcome = outcomeOf(plan, (index) => (index === 0 ? undefined : { state: 'not-reached' }));
    const inventory = nextInventory(before, plan, 'key-2', outcome);
    assert.equal(inventory.key, 'key-2');
    assert.deepEqual(brief(planFor(files('1'), { inventory, key: 'key-2' }).plan), [
      'apply Deployment/shop/web',
      'apply Service/shop/web',
    ]);
  });
});

describe('verification', () => {
  const { plan } = planFor(
    { ...files('1', 'nginx:2'), '1-a/40-job.yml': workload('job', { kind: 'Job' }) },
    { inventory: deployed({ ...files('1'), '1-a/50-old.yml': configMap('old', {}) }) },
  );
  const seen = new Map<string, LiveObject>(
    plan.steps.flatMap(({ kind, entry: { hash }, entry: object }) =>
      kind === 'delete'
        ? []
        : [
            [
              idOf(object),
              { uid: 'new', deleting: false, stamp: { rollout: plan.rollout, hash, source: '' } },
            ] as const,
          ],
    ),
  );
  const check = (change: (live: Map<string, LiveObject>) => void): Outcome => {
    const live = new Map(seen);
    change(live);
    return verified(plan, outcomeOf(plan), live);
  };
  const web = 'apps/Deployment/shop/web';

  it('confirms what the cluster shows', () => {
    assert.deepEqual(brief(plan), ['recreate Deployment/shop/web', 'apply Job/shop/job', 'delete ConfigMap/shop/old']);
    assert.deepEqual(
      check(() => undefined),
      outcomeOf(plan),
    );
  });

  it('#35 takes a Job that is gone for finished', () => {
    assert.equal(check((live) => live.delete('batch/Job/shop/job')).state, 'done');
  });

  const other = { rollout: 1, hash: 'x', source: '' };
  const doubts: [name: string, change: (live: Map<string, LiveObject>) => void, reason: RegExp][] = [
    ['is not there', (live) => live.delete(web), /it is not there/],
    ['is being deleted', (live) => live.set(web, { uid: 'new', deleting: true }), /it is being deleted/],
    ['has no stamps', (live) => live.set(web, { uid: 'new', deleting: false }), /other stamps/],
    [
      'has the stamps of another rollout',
      (live) => live.set(web, { uid: 'new', deleting: false, stamp: other }),
      /other/,
    ],
    [
      'was deleted and is still there',
      (live) => live.set('/ConfigMap/shop/old', { uid: 'uid of /ConfigMap/shop/old', deleting: true }),
      /it is still there/,
    ],
  ];
  for (const [name, change, reason] of doubts) {
    it(`#4 does not believe a step whose object ${name}`, () => {
      const { state, steps } = check(change);
      assert.equal(state, 'failed');
      const failed = Object.values(steps).filter((step) => step.state === 'failed');
      assert.equal(failed.length, 1);
      assert.match(failed[0]?.reason ?? '', reason);
    });
  }

  it('does not mistake a new object of the same name for the deleted one', () => {
    assert.equal(check((live) => live.set('/ConfigMap/shop/old', { uid: 'other', deleting: false })).state, 'done');
  });
});
