import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { known } from '../../src/domain/known.ts';
import type { Step } from '../../src/domain/plan.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { at, deployed, steps } from './deployed.ts';
import { brief, configMap, planFor, secret, workload, type Files } from './fixtures.ts';

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
