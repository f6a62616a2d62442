import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyOf } from '../../src/runner/copy.ts';

const metadata = {
  name: 'web',
  namespace: 'shop',
  annotations: { 'ordo.dev/hash': 'h', 'ordo.dev/rollout': '3' },
  finalizers: ['example.com/own'],
};
const written = { uid: 'u', resourceVersion: '7', generation: 2, creationTimestamp: 'then', managedFields: [] };

test('#13 a restore copy is the object with its stamps, without what only an API server writes', () => {
  const live = { metadata: { ...metadata, ...written }, spec: { replicas: 2 }, status: { replicas: 2 } };
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 2 } };
  assert.deepEqual(copyOf(live, { apiVersion: 'apps/v1', kind: 'Deployment' }), { uid: 'u', object });
  assert.equal(live.metadata.uid, 'u', 'the object itself is another');
});

test('#13 a pod that is put back is scheduled anew', () => {
  const live = { metadata: { ...metadata, ...written }, spec: { nodeName: 'a', priority: 0, containers: [] } };
  const { object } = copyOf(live, { apiVersion: 'v1', kind: 'Pod' });
  assert.deepEqual(object['spec'], { containers: [] });
});
