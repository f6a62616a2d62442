import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { known, unknown } from '../../src/domain/known.ts';
import { at, deployed, steps } from './deployed.ts';
import {
  brief,
  claim,
  configMap,
  namespace,
  planFor,
  service,
  workload,
  type Files,
  type Surroundings,
  type WorkloadOptions,
} from './fixtures.ts';

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
