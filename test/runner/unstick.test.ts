import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Workload } from '../../src/runner/gates/shapes.ts';
import { stuckPods } from '../../src/runner/unstick.ts';

const set = (spec: Workload['spec'] = {}): Workload => ({
  metadata: { name: 'db', uid: 'set' },
  spec: { replicas: 3, ...spec },
  status: { updateRevision: 'new' },
});
const pod = (ordinal: number, revision: string, ready = false, more: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: {
    name: `db-${ordinal}`,
    labels: { 'controller-revision-hash': revision },
    ownerReferences: [{ uid: 'set', controller: true }],
    ...more,
  },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
const stuck = (workload: Workload, ...pods: Pod[]) => stuckPods(workload, pods).map(({ metadata }) => metadata.name);

test('pods of an older revision that are not ready are in the way of the new one', () => {
  assert.deepEqual(stuck(set(), pod(0, 'old', true), pod(1, 'old'), pod(2, 'new')), ['db-1']);
});

test('others stay: those that leave already, of another set, kept back by the partition, or by OnDelete', () => {
  assert.deepEqual(stuck(set(), pod(0, 'old', false, { deletionTimestamp: 'now' })), []);
  assert.deepEqual(stuck(set(), pod(0, 'old', false, { ownerReferences: [{ uid: 'other' }] })), []);
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
  assert.deepEqual(stuck(set({ updateStrategy }), pod(1, 'old'), pod(2, 'old')), ['db-2']);
  assert.deepEqual(stuck(set({ updateStrategy: { type: 'OnDelete' } }), pod(0, 'old')), []);
  assert.deepEqual(stuck(set({ replicas: 1 }), pod(1, 'old')), []);
});
