import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentPods, selectorText } from '../../../src/runner/gates/pods.ts';
import type { Pod, Workload } from '../../../src/runner/gates/shapes.ts';

const pod = (name: string, owner: string, labels = {}): Pod => ({
  metadata: { name, uid: name, labels, ownerReferences: [{ uid: owner, controller: true }] },
});
const set = (uid: string, owner: string, revision: string): Workload => ({
  metadata: {
    ...{ name: uid, uid, annotations: { 'deployment.kubernetes.io/revision': revision } },
    ownerReferences: [{ uid: owner, controller: true }],
  },
});
const names = (pods: Pod[]): string[] => pods.map(({ metadata }) => metadata.name);

test('a Deployment counts the pods of its newest ReplicaSet only', () => {
  const deployment = { metadata: { name: 'd', uid: 'd', annotations: { 'deployment.kubernetes.io/revision': '10' } } };
  const sets = [set('r9', 'd', '9'), set('r10', 'd', '10'), set('other', 'x', '10')];
  const pods = [pod('old', 'r9'), pod('new', 'r10'), pod('foreign', 'other')];
  assert.deepEqual(names(currentPods('Deployment', deployment, pods, sets)), ['new']);
  assert.deepEqual(names(currentPods('Deployment', deployment, pods, sets.slice(0, 1))), []);
});

test('a StatefulSet counts the pods of its update revision', () => {
  const labels = (hash: string) => ({ 'controller-revision-hash': hash });
  const pods = [pod('old', 's', labels('s-1')), pod('new', 's', labels('s-2')), pod('foreign', 'x', labels('s-2'))];
  const workload = { metadata: { name: 's', uid: 's' }, status: { updateRevision: 's-2' } };
  assert.deepEqual(names(currentPods('StatefulSet', workload, pods, [])), ['new']);
});

test('a DaemonSet counts the pods of its template generation', () => {
  const metadata = { name: 'd', uid: 'd', annotations: { 'deprecated.daemonset.template.generation': '3' } };
  const labels = (generation: string) => ({ 'pod-template-generation': generation });
  const pods = [pod('old', 'd', labels('2')), pod('new', 'd', labels('3'))];
  assert.deepEqual(names(currentPods('DaemonSet', { metadata }, pods, [])), ['new']);
});

test('others count what they own, by uid; a Pod counts itself', () => {
  const pods = [pod('a', 'j'), pod('b', 'earlier-j')];
  assert.deepEqual(names(currentPods('Job', { metadata: { name: 'j', uid: 'j' } }, pods, [])), ['a']);
  assert.deepEqual(names(currentPods('Job', { metadata: { name: 'j' } }, pods, [])), []);
  assert.deepEqual(names(currentPods('Pod', { metadata: { name: 'b', uid: 'b' } }, pods, [])), ['b']);
});

test('a selector as the API takes it', () => {
  const matchExpressions = [
    { key: 'tier', operator: 'In', values: ['a', 'b'] },
    { key: 'env', operator: 'NotIn', values: ['dev'] },
    { key: 'x', operator: 'Exists' },
    { key: 'y', operator: 'DoesNotExist' },
  ];
  const text = selectorText({ matchLabels: { app: 'shop', part: 'web' }, matchExpressions });
  assert.equal(text, 'app=shop,part=web,tier in (a,b),env notin (dev),x,!y');
});
