import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretNames } from '../../../src/runner/bundle/secrets.ts';

test('O03 every way in which a pod may read a Secret is known', () => {
  const spec = {
    initContainers: [{ envFrom: [{ secretRef: { name: 'init' } }] }],
    containers: [
      {
        env: [
          { name: 'V', valueFrom: { secretKeyRef: { name: 'key' } } },
          { name: 'W', value: 'w' },
        ],
      },
    ],
    volumes: [
      { secret: { secretName: 'volume' } },
      { projected: { sources: [{ secret: { name: 'projected' } }, {}] } },
      {},
    ],
  };
  assert.deepEqual(secretNames(spec).sort(), ['init', 'key', 'projected', 'volume']);
  assert.deepEqual(secretNames({}), []);
});
