import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { KubeObject } from '../../src/domain/object.ts';
import { configUsesOf } from '../../src/manifests/references.ts';
import { workload } from '../plan/fixtures.ts';

const usesOf = (kind: string, pod: Record<string, unknown>): string[] =>
  configUsesOf(JSON.parse(workload('web', { kind, pod })) as KubeObject).map(
    ({ kind: of, name, key }) => `${of}/${name}${key === undefined ? '' : `/${key}`}`,
  );

const container = (fields: Record<string, unknown>) => ({ containers: [{ name: 'main', ...fields }] });

const cases: [name: string, pod: Record<string, unknown>, uses: string[]][] = [
  [
    'volumes',
    {
      volumes: [
        { name: 'a', configMap: { name: 'c' } },
        { name: 'b', secret: { secretName: 's' } },
        { name: 'd', emptyDir: {} },
      ],
    },
    ['ConfigMap/c', 'Secret/s'],
  ],
  [
    'volumes with items',
    {
      volumes: [
        {
          configMap: {
            name: 'c',
            items: [
              { key: 'a', path: 'x' },
              { key: 'b', path: 'y' },
            ],
          },
        },
        { secret: { secretName: 's', items: [{ key: 'k', path: 'x' }] } },
      ],
    },
    ['ConfigMap/c/a', 'ConfigMap/c/b', 'Secret/s/k'],
  ],
  [
    'volumes with an empty list of items: all keys',
    { volumes: [{ configMap: { name: 'c', items: [] } }] },
    ['ConfigMap/c'],
  ],
  [
    'projected volumes, with and without items',
    {
      volumes: [
        {
          projected: {
            sources: [
              { configMap: { name: 'c' } },
              { secret: { name: 's', items: [{ key: 'k', path: 'x' }] } },
              { serviceAccountToken: { path: 'token' } },
            ],
          },
        },
      ],
    },
    ['ConfigMap/c', 'Secret/s/k'],
  ],
  [
    'envFrom',
    container({ envFrom: [{ configMapRef: { name: 'c' }, prefix: 'X_' }, { secretRef: { name: 's' } }] }),
    ['ConfigMap/c', 'Secret/s'],
  ],
  [
    'env',
    container({
      env: [
        { name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'a' } } },
        { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
        { name: 'C', value: 'x' },
        { name: 'D', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ],
    }),
    ['ConfigMap/c/a', 'Secret/s/k'],
  ],
  [
    'containers and initContainers',
    {
      initContainers: [{ envFrom: [{ configMapRef: { name: 'c' } }] }],
      containers: [{ envFrom: [{ configMapRef: { name: 'd' } }] }],
    },
    ['ConfigMap/c', 'ConfigMap/d'],
  ],
  ['imagePullSecrets: they are no configuration', { imagePullSecrets: [{ name: 's' }] }, []],
  [
    'nothing, where the fields hold anything else',
    {
      volumes: 'none',
      containers: [
        null,
        1,
        { env: {}, envFrom: [null, { configMapRef: 'c' }] },
        { env: [{ valueFrom: { secretKeyRef: { name: 1 } } }] },
      ],
    },
    [],
  ],
];

describe('#24 the configuration that pods read', () => {
  for (const [name, pod, uses] of cases) {
    it(`by ${name}`, () => {
      assert.deepEqual(usesOf('Deployment', pod), uses);
    });
  }

  for (const kind of ['Deployment', 'DaemonSet', 'ReplicaSet', 'StatefulSet', 'Job', 'CronJob', 'Pod']) {
    it(`in a ${kind}`, () => {
      assert.deepEqual(usesOf(kind, { volumes: [{ configMap: { name: 'c' } }] }), ['ConfigMap/c']);
    });
  }
});

test('D16 what pulls or publishes is no configuration', () => {
  const uses = usesOf('Deployment', {
    imagePullSecrets: [{ name: 'pull' }],
    volumes: [{ csi: { nodePublishSecretRef: { name: 'publish' } } }, { configMap: { name: 'c' } }],
    containers: [{ envFrom: [{ configMapRef: { name: 'c' } }, { secretRef: { name: 's' } }] }],
  });
  assert.deepEqual([...new Set(uses)], ['ConfigMap/c', 'Secret/s']);
});
