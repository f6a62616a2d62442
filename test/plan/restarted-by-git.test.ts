import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idOf } from '../../src/domain/identity.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { usersOf } from '../../src/plan/restart-users.ts';
import { compareSeen, emptyMemory } from '../../src/plan/restarts.ts';
import { brief, configMap, outcomeOf, planFor, workload, type Files, type WorkloadOptions } from './fixtures.ts';

const ON = { 'rolling.restart.controller/restartOnTrigger': 'true' };
const TRIGGER = { 'rolling.restart.controller/triggerRestart': 'true' };

/** With more of the object's metadata. */
const marked = (text: string, labels: Record<string, string>, annotations: Record<string, string> = {}): string => {
  const object = JSON.parse(text) as { metadata: object };
  return JSON.stringify({ ...object, metadata: { ...object.metadata, labels, annotations } });
};

const user = (annotations: Record<string, string>, options: WorkloadOptions = {}): string =>
  workload('web', { config: ['c'], annotations, ...options });

/** The plan for a ConfigMap that changed, and its user. */
function planned(before: Files, after: Files) {
  const first = planFor(before);
  const inventory = nextInventory(first.input.inventory, first.plan, 'key-1', outcomeOf(first.plan));
  return { inventory, plan: planFor(after, { inventory }).plan };
}

describe('D16 R05 a workload that opted in, and whose configuration changes through Git', () => {
  const files = (value: string, text: string, labels: Record<string, string> = {}): Files => ({
    '1-a/10-c.yml': marked(configMap('c', { a: value }), labels, TRIGGER),
    '1-a/20-w.yml': text,
  });
  const LABELS = { app: 'web', env: 'test' };
  const rows: [what: string, text: string, labels: Record<string, string>, step: string][] = [
    ['not at all', user({}), LABELS, 'recreate'],
    ['with auto', user({ 'ordo.dev/restart-on': 'auto' }), {}, 'restart'],
    ['by name', user({ 'ordo.dev/restart-on': 'configmap/c' }), {}, 'restart'],
    ['for something else', user({ 'ordo.dev/restart-on': 'configmap/d' }), {}, 'recreate'],
    ['by labels', marked(user({}), LABELS, ON), LABELS, 'restart'],
    ['by labels of another environment', marked(user({}), { app: 'web', env: 'prod' }, ON), LABELS, 'recreate'],
    ['by labels that are not there', marked(user({}), { app: 'web' }, ON), LABELS, 'recreate'],
    ['as a StatefulSet', user({ 'ordo.dev/restart-on': 'auto' }, { kind: 'StatefulSet' }), {}, 'restart'],
    ['as a Job, which cannot', user({ 'ordo.dev/restart-on': 'auto' }, { kind: 'Job' }), {}, 'recreate'],
  ];
  for (const [what, text, labels, step] of rows) {
    it(`${what}: ${step}`, () => {
      const { plan } = planned(files('1', text, labels), files('2', text, labels));
      const [, second = ''] = brief(plan);
      assert.equal(second.split(' ')[0], step);
      assert.equal(plan.steps.length, 2);
    });
  }

  it('is recreated when its template changes too', () => {
    const wish = { 'ordo.dev/restart-on': 'auto' };
    const { plan } = planned(files('1', user(wish)), files('2', user(wish, { image: 'nginx:2' })));
    assert.deepEqual(brief(plan), ['apply ConfigMap/shop/c', 'recreate Deployment/shop/web']);
  });
});

describe('R06 what a rollout from Git has shown to new pods', () => {
  const WEB = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
  const auto = user({ 'ordo.dev/restart-on': 'auto' });
  const files = (value: string, text: string): Files => ({
    '1-a/10-c.yml': configMap('c', { a: value }),
    '1-a/20-w.yml': text,
  });
  const remembering = (name: string) => {
    const workload = { identity: WEB, uid: 'u', now: new Map([[name, 'h']]) };
    return compareSeen(emptyMemory('key-1'), [workload], () => true, new Date()).memory;
  };
  const memory = remembering('ConfigMap/c');

  it('is the configuration that it changed, when their step is done', () => {
    const { plan, inventory } = planned(files('1', auto), files('2', auto));
    assert.deepEqual(
      usersOf(plan, outcomeOf(plan), inventory, memory).map(({ id, name, step }) => [id, name, step]),
      [[idOf(WEB), 'ConfigMap/c', 0]],
    );
    const failed = outcomeOf(plan, (index) => (index === 1 ? { state: 'failed' } : undefined));
    assert.deepEqual(usersOf(plan, failed, inventory, memory), []);
    assert.deepEqual(usersOf(plan, outcomeOf(plan), inventory, emptyMemory('key-1')), []);
  });

  it('is nothing for pods that stay', () => {
    const more = marked(auto, { app: 'web', more: 'yes' }, { 'ordo.dev/restart-on': 'configmap/other' });
    const foreign = (text: string): Files => ({ ...files('1', text), '1-a/10-c.yml': configMap('d', { a: text }) });
    const { plan, inventory } = planned(foreign(auto), foreign(more));
    assert.deepEqual(brief(plan), ['apply ConfigMap/shop/d', 'apply Deployment/shop/web']);
    assert.deepEqual(usersOf(plan, outcomeOf(plan), inventory, remembering('ConfigMap/d')), []);
  });
});
