import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Inventory } from '../../src/domain/inventory.ts';
import { known, unknown } from '../../src/domain/known.ts';
import type { Step } from '../../src/domain/plan.ts';
import { nextInventory } from '../../src/plan/next.ts';
import {
  brief,
  claim,
  configMap,
  namespace,
  outcomeOf,
  planFor,
  secret,
  service,
  workload,
  type Files,
  type Surroundings,
  type WorkloadOptions,
} from './fixtures.ts';

function deployed(files: Files, around: Surroundings = {}): Inventory {
  const { plan, input } = planFor(files, around);
  return nextInventory(input.inventory, plan, input.keyId, outcomeOf(plan));
}

/** The steps that lead from one repository to another, in short. */
const steps = (before: Files, after: Files, around: Surroundings = {}): string[] =>
  brief(planFor(after, { inventory: deployed(before), ...around }).plan);

const at = (text: string): Files => ({ '1-a/10-a.yml': text });
const unstamped = (id: string) => ({ [id]: known({ uid: 'u', deleting: false }) });

const SEVEN = ['Deployment', 'DaemonSet', 'ReplicaSet', 'StatefulSet', 'Job', 'CronJob', 'Pod'];

describe('#11 #12 a change', () => {
  for (const kind of SEVEN) {
    it(`of the pod template recreates a ${kind}`, () => {
      const change = steps(at(workload('a', { kind })), at(workload('a', { kind, image: 'nginx:2' })));
      assert.deepEqual(change, [`recreate ${kind}/shop/a`]);
    });

    it(`of anything else applies a ${kind} in place`, () => {
      const change = steps(at(workload('a', { kind })), at(workload('a', { kind, annotations: { x: 'y' } })));
      assert.deepEqual(change, [`apply ${kind}/shop/a`]);
    });
  }

  it('of any other kind is applied in place', () => {
    const change = steps(
      { '1-a/10-a.yml': service('a'), '1-a/20-b.yml': claim('b'), '1-a/30-c.yml': namespace('c') },
      {
        '1-a/10-a.yml': service('a').replace('80', '81'),
        '1-a/20-b.yml': claim('b').replace('1Gi', '2Gi'),
        '1-a/30-c.yml': `${namespace('c')}spec: {finalizers: []}\n`,
      },
    );
    assert.deepEqual(change, ['apply Service/shop/a', 'apply PersistentVolumeClaim/shop/b', 'apply Namespace/c']);
  });

  it('of name, namespace or kind is a delete and a create', () => {
    const web = workload('web');
    assert.deepEqual(steps(at(web), at(workload('shop'))), [
      'apply Deployment/shop/shop',
      'delete Deployment/shop/web',
    ]);
    assert.deepEqual(steps(at(web), at(workload('web', { namespace: 'other' }))), [
      'apply Deployment/other/web',
      'delete Deployment/shop/web',
    ]);
    assert.deepEqual(steps(at(web), at(workload('web', { kind: 'DaemonSet' }))), [
      'apply DaemonSet/shop/web',
      'delete Deployment/shop/web',
    ]);
  });

  it('in the setting `update` takes what can roll in place', () => {
    const change = (kind: string) =>
      steps(at(workload('a', { kind })), at(workload('a', { kind, image: 'nginx:2' })), { update: 'rolling' });
    assert.deepEqual(
      SEVEN.filter((kind) => change(kind)[0]?.startsWith('apply')),
      ['Deployment', 'DaemonSet', 'StatefulSet', 'CronJob'],
    );
  });

  it('of two things at once is one step', () => {
    const files = (value: string, image: string): Files => ({
      '1-a/10-a.yml': configMap('a', { value }),
      '1-a/20-b.yml': workload('b', { config: ['a'], image }),
    });
    assert.deepEqual(steps(files('1', 'app:1'), files('2', 'app:2')), [
      'apply ConfigMap/shop/a',
      'recreate Deployment/shop/b',
    ]);
  });

  it('carries the gate that people ask for', () => {
    const gate = (annotations: Record<string, string>) => {
      const [step] = planFor(at(workload('a', { annotations }))).plan.steps;
      assert.ok(step?.kind === 'apply');
      return [step.wait, step.timeout];
    };
    assert.deepEqual(gate({}), ['ready', 300]);
    assert.deepEqual(gate({ 'ordo.dev/wait': 'none' }), ['none', 300]);
    assert.deepEqual(gate({ 'ordo.dev/wait': 'complete', 'ordo.dev/timeout': '1h' }), ['complete', 3600]);
  });
});

describe('what is in the cluster', () => {
  const change = (kind: string, options: WorkloadOptions, around: Surroundings) =>
    steps(at(workload('a', { kind, ...options })), at(workload('a', { kind, ...options, image: 'nginx:2' })), around);

  it('#14 is deleted by identity and uid', () => {
    const [step] = planFor(at(workload('a', { image: 'nginx:2' })), { inventory: deployed(at(workload('a'))) }).plan
      .steps;
    assert.ok(step?.kind === 'recreate');
    assert.equal(step.uid, 'uid of apps/Deployment/shop/a');
    assert.equal(step.path, '/apis/apps/v1/namespaces/shop/deployments/a');
    const [removal] = planFor(at(service('b')), { inventory: deployed(at(workload('a'))) }).plan.steps.filter(
      ({ kind }) => kind === 'delete',
    );
    assert.ok(removal?.kind === 'delete');
    assert.equal(removal.uid, 'uid of apps/Deployment/shop/a');
    assert.equal(removal.path, '/apis/apps/v1/namespaces/shop/deployments/a');
  });

  it('is not deleted when it is gone: a changed workload is created, a removed one forgotten', () => {
    const live = { 'apps/Deployment/shop/a': known(undefined) };
    assert.deepEqual(change('Deployment', {}, { live }), ['apply Deployment/shop/a']);
    const { plan } = planFor(at(service('b')), { inventory: deployed(at(workload('a'))), live });
    assert.deepEqual([brief(plan), plan.gone], [['apply Service/shop/b'], ['apps/Deployment/shop/a']]);
  });

  it('holds the step when the cluster does not say', () => {
    const live = { 'apps/Deployment/shop/a': unknown('timeout') };
    assert.deepEqual(change('Deployment', {}, { live }), ['hold Deployment/shop/a']);
    assert.deepEqual(steps(at(workload('a')), at(service('b')), { live }), [
      'apply Service/shop/b',
      'hold Deployment/shop/a',
    ]);
  });

  it('is never deleted when Ordo did not make it: applied in place, or held where that is refused', () => {
    assert.deepEqual(change('Deployment', {}, { live: unstamped('apps/Deployment/shop/a') }), [
      'apply Deployment/shop/a',
    ]);
    assert.deepEqual(change('Job', {}, { live: unstamped('batch/Job/shop/a') }), ['hold Job/shop/a']);
    const asked = { annotations: { 'ordo.dev/update': 'recreate' } };
    assert.deepEqual(change('Job', asked, { live: unstamped('batch/Job/shop/a') }), ['recreate Job/shop/a']);
    assert.deepEqual(steps(at(service('a')), at(service('b')), { live: unstamped('/Service/shop/a') }), [
      'apply Service/shop/b',
      'hold Service/shop/a',
    ]);
  });

  it('is forgotten when it is gone, even if its kind is never deleted', () => {
    const live = { '/Namespace//a': known(undefined) };
    const { plan } = planFor(at(service('b')), { inventory: deployed(at(namespace('a'))), live });
    assert.deepEqual([brief(plan), plan.gone], [['apply Service/shop/b'], ['/Namespace//a']]);
  });

  it('of a kind that is served no more is held', () => {
    const inventory = deployed(at(service('a')));
    const [entry] = inventory.objects;
    assert.ok(entry);
    const odd = { ...inventory, objects: [{ ...entry, group: 'example.com', kind: 'Odd' }] };
    const { steps: planned } = planFor(at(service('b')), { inventory: odd }).plan;
    const step = planned.find(({ kind }) => kind === 'hold');
    assert.equal(step?.reason, 'the cluster has no kind Odd now');
  });
});

describe('a slip of the pen', () => {
  it('in kind or group is not a removal', () => {
    const web = workload('web');
    for (const slip of [web.replace('Deployment', 'Deploymnt'), web.replace('apps/v1', 'app/v1')]) {
      const { plan } = planFor(at(slip), { inventory: deployed(at(web)) });
      assert.deepEqual(brief(plan), ['hold Deployment/shop/web']);
      assert.match(plan.steps[0]?.reason ?? '', /^it still stands in deploy\/1-a\/10-a.yml: the cluster has no kind/);
    }
  });

  it('does not keep what stood in another file', () => {
    const rest = { '1-a/30-c.yml': service('c') };
    const before = { '1-a/10-a.yml': workload('a'), '1-a/20-b.yml': service('b'), ...rest };
    const after = { '1-a/10-a.yml': workload('a').replace('apps/v1', 'app/v1'), ...rest };
    assert.deepEqual(steps(before, after).sort(), ['delete Service/shop/b', 'hold Deployment/shop/a']);
  });
});

describe('#24 configuration', () => {
  const keyed = (name: string, key: string) =>
    workload(name, {
      pod: { volumes: [{ name: 'c', configMap: { name: 'c', items: [{ key, path: key }] } }] },
    });
  const users = (data: Record<string, string>): Files => ({
    '1-a/10-c.yml': configMap('c', data),
    '1-a/20-a.yml': keyed('reads-a', 'a'),
    '1-a/30-b.yml': keyed('reads-b', 'b'),
    '1-a/40-all.yml': workload('reads-all', { config: ['c'] }),
    '1-a/50-other.yml': workload('elsewhere', { config: ['c'], namespace: 'other' }),
  });

  it('recreates the users of the key that changed, in its namespace', () => {
    assert.deepEqual(steps(users({ a: '1', b: '1' }), users({ a: '1', b: '2' })), [
      'apply ConfigMap/shop/c',
      'recreate Deployment/shop/reads-b',
      'recreate Deployment/shop/reads-all',
    ]);
  });

  it('counts a key that appears or goes, even the last one', () => {
    const all = (data: Record<string, string>): Files => ({
      '1-a/10-c.yml': configMap('c', data),
      '1-a/40-all.yml': workload('reads-all', { config: ['c'] }),
    });
    const both = ['apply ConfigMap/shop/c', 'recreate Deployment/shop/reads-all'];
    assert.deepEqual(steps(all({ a: '1' }), all({ a: '1', b: '1' })), both);
    assert.deepEqual(steps(all({ a: '1' }), all({})), both);
    assert.deepEqual(steps(all({}), all({ a: '1' })), both);
  });

  it('is no reason when only its labels change, or when it is an image pull secret', () => {
    const labelled = configMap('c', { a: '1' }).replace('"name":"c"', '"name":"c","labels":{"x":"y"}');
    assert.deepEqual(steps(users({ a: '1' }), { ...users({ a: '1' }), '1-a/10-c.yml': labelled }), [
      'apply ConfigMap/shop/c',
    ]);
    const pulling = (token: string): Files => ({
      '1-a/10-s.yml': secret('s', { token }),
      '1-a/20-a.yml': workload('a', { pod: { imagePullSecrets: [{ name: 's' }] } }),
    });
    assert.deepEqual(steps(pulling('YQ=='), pulling('Yg==')), ['apply Secret/shop/s']);
  });

  it('that is new or gone as a whole recreates nothing', () => {
    const { '1-a/10-c.yml': _c, ...without } = users({ a: '1' });
    assert.deepEqual(steps(without, users({ a: '1' })), ['apply ConfigMap/shop/c']);
    assert.deepEqual(steps(users({ a: '1' }), without), ['delete ConfigMap/shop/c']);
  });

  it('that comes back with another value recreates those that still run with the old one', () => {
    const { '1-a/10-c.yml': _c, ...without } = users({ a: '1' });
    const first = deployed(users({ a: '1' }));
    const second = deployed(without, { inventory: first });
    const both = ['recreate Deployment/shop/reads-a', 'recreate Deployment/shop/reads-all'];
    const back = (value: string) => brief(planFor(users({ a: value }), { inventory: second }).plan);
    assert.deepEqual(back('2'), ['apply ConfigMap/shop/c', ...both]);
    assert.deepEqual(back('1'), ['apply ConfigMap/shop/c']);
  });

  it('that was not usable for a while recreates its users when it changes', () => {
    const first = users({ a: '1' });
    const twice = { ...first, '9-z/1-copy.yml': configMap('c', { a: '3' }) };
    const inventory = deployed(twice, { inventory: deployed(first) });
    assert.deepEqual(brief(planFor(users({ a: '2' }), { inventory }).plan).slice(0, 2), [
      'apply ConfigMap/shop/c',
      'recreate Deployment/shop/reads-a',
    ]);
  });

  it('comes before its users, wherever they stand', () => {
    const files = (data: Record<string, string>, others: Files = {}): Files => ({
      '1-a/20-early.yml': workload('early', { config: ['c'] }),
      '2-b/10-first.yml': workload('first', { config: ['c'] }),
      '2-b/50-c.yml': configMap('c', data),
      '2-b/60-last.yml': workload('last', { config: ['c'] }),
      ...others,
    });
    // A workload that is new, or new to the configuration, waits for the change as well.
    const added = { '1-a/10-new.yml': workload('new', { config: ['c'] }) };
    assert.deepEqual(steps(files({ a: '1' }), files({ a: '2' }, added)), [
      'apply ConfigMap/shop/c',
      'apply Deployment/shop/new',
      'recreate Deployment/shop/early',
      'recreate Deployment/shop/first',
      'recreate Deployment/shop/last',
    ]);
  });

  it('does not move its users when it does not change', () => {
    const files = (image: string): Files => ({
      '1-a/20-early.yml': workload('early', { config: ['c'], image }),
      '2-b/50-c.yml': configMap('c', { a: '1' }),
    });
    const [step] = planFor(files('nginx:2'), { inventory: deployed(files('nginx:1')) }).plan.steps as [Step];
    assert.deepEqual([step.kind, step.place[0]], ['recreate', 1]);
  });
});

describe('an inventory that was recovered from stamps', () => {
  it('knows hashes only: what is equal stays, what differs is applied in place', () => {
    const files = { '1-a/10-c.yml': configMap('c', { a: '1' }), '1-a/20-a.yml': workload('a', { config: ['c'] }) };
    const full = deployed(files);
    const objects = full.objects.map(({ recreate: _recreate, keys: _keys, ...rest }) => rest);
    const inventory = { ...full, objects };
    const { plan } = planFor(files, { inventory });
    assert.deepEqual(plan.steps, []);
    assert.deepEqual(nextInventory(inventory, plan, 'key-1').objects, full.objects);
    const edited = {
      '1-a/10-c.yml': configMap('c', { a: '2' }),
      '1-a/20-a.yml': workload('a', { config: ['c'], image: 'nginx:2' }),
    };
    assert.deepEqual(brief(planFor(edited, { inventory }).plan), ['apply ConfigMap/shop/c', 'apply Deployment/shop/a']);
  });
});

describe('#35 a finished Job that its time to live took away', () => {
  const files = at(workload('migrate', { kind: 'Job' }));
  const live = { 'batch/Job/shop/migrate': known(undefined) };

  it('does not run again', () => {
    assert.deepEqual(steps(files, files, { live }), []);
  });

  it('does not run again when the HMAC key is lost, neither at once nor later', () => {
    const { plan } = planFor(files, { inventory: deployed(files), live, key: 'key-2' });
    assert.deepEqual(plan.steps, []);
    const inventory = nextInventory(deployed(files), plan, 'key-2');
    assert.deepEqual(planFor(files, { inventory, live, key: 'key-2' }).plan.steps, []);
  });

  it('runs again when it changed', () => {
    assert.deepEqual(steps(files, at(workload('migrate', { kind: 'Job', image: 'nginx:2' })), { live }), [
      'apply Job/shop/migrate',
    ]);
  });

  it('stays what it was when it is to run once: it is recreated when that is taken back', () => {
    const job = (image: string, annotations: Record<string, string>) =>
      at(workload('migrate', { kind: 'Job', image, annotations }));
    const once = { 'ordo.dev/run': 'once' };
    const first = deployed(job('nginx:1', once));
    assert.deepEqual(brief(planFor(job('nginx:2', once), { inventory: first }).plan), []);
    const second = deployed(job('nginx:2', once), { inventory: first });
    assert.deepEqual(brief(planFor(job('nginx:2', {}), { inventory: second }).plan), ['recreate Job/shop/migrate']);
  });
});
