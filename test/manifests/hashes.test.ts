import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonical } from '../../src/manifests/canonical.ts';
import { render, type RenderContext } from '../../src/manifests/render.ts';
import { CONTEXT, configMap, read, secret, workload, type Files, type WorkloadOptions } from '../plan/fixtures.ts';

const rendered = (files: Files, context: Partial<RenderContext> = {}) =>
  render(read(files).manifests, { ...CONTEXT, ...context });

const single = (text: string, context: Partial<RenderContext> = {}) => {
  const { desired, held } = rendered({ '1-a/10-a.yml': text }, context);
  return desired[0] ?? held[0];
};

describe('hashes', () => {
  const hash = (text: string, context: Partial<RenderContext> = {}) => {
    const one = single(text, context);
    assert.ok(one && 'hash' in one);
    return one;
  };

  it('are equal for equal objects, however they are written', () => {
    const yaml = 'metadata: {namespace: shop, name: a}\nkind: ConfigMap\napiVersion: v1\ndata: {b: "2", a: "1"}\n';
    assert.equal(hash(yaml).hash, hash(configMap('a', { a: '1', b: '2' })).hash);
  });

  it('come with a second one of what makes new pods: template and immutable fields', () => {
    const same: [WorkloadOptions, WorkloadOptions][] = [
      [{ replicas: 1 }, { replicas: 2 }],
      [{}, { annotations: { a: 'b' } }],
      [{ kind: 'CronJob' }, { kind: 'CronJob', spec: { backoffLimit: 3 } }],
      ...['parallelism', 'suspend', 'ttlSecondsAfterFinished', 'activeDeadlineSeconds', 'backoffLimit'].map(
        (field): [WorkloadOptions, WorkloadOptions] => [{ kind: 'Job' }, { kind: 'Job', spec: { [field]: 1 } }],
      ),
      [{ kind: 'StatefulSet' }, { kind: 'StatefulSet', spec: { updateStrategy: { type: 'OnDelete' } } }],
    ];
    for (const [a, b] of same) {
      assert.equal(hash(workload('a', a)).recreate, hash(workload('a', b)).recreate, JSON.stringify(b));
      assert.notEqual(hash(workload('a', a)).hash, hash(workload('a', b)).hash);
    }
    const kinds = ['Deployment', 'DaemonSet', 'ReplicaSet', 'StatefulSet', 'Job', 'CronJob', 'Pod'];
    const different: [WorkloadOptions, WorkloadOptions][] = [
      ...kinds.map((kind): [WorkloadOptions, WorkloadOptions] => [{ kind }, { kind, image: 'nginx:2' }]),
      [{}, { spec: { selector: { matchLabels: { app: 'other' } } } }],
      [{ kind: 'Job' }, { kind: 'Job', spec: { completions: 2 } }],
      ...['serviceName', 'podManagementPolicy', 'volumeClaimTemplates'].map(
        (field): [WorkloadOptions, WorkloadOptions] => [
          { kind: 'StatefulSet' },
          { kind: 'StatefulSet', spec: { [field]: 'x' } },
        ],
      ),
    ];
    for (const [a, b] of different) {
      assert.notEqual(hash(workload('a', a)).recreate, hash(workload('a', b)).recreate, JSON.stringify(b));
    }
    assert.equal(hash(configMap('a', {})).recreate, undefined);
  });

  it('of keys: one each, the same for text and its base64, another in another object', () => {
    const data = hash(secret('a', { x: Buffer.from('ä').toString('base64'), z: 'eg==' })).keys;
    const text = hash(
      'apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: shop}\nstringData: {x: ä}\ndata: {z: eg==, x: eA==}\n',
    ).keys;
    assert.deepEqual(Object.keys(data ?? {}), ['x', 'z']);
    assert.deepEqual(data, text);
    assert.notEqual(data?.['x'], hash(secret('b', { x: Buffer.from('ä').toString('base64') })).keys?.['x']);
    const binary = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: "1"}\nbinaryData: {z: eA==}\n';
    assert.deepEqual(Object.keys(hash(binary).keys ?? {}), ['x', 'z']);
  });

  it('of the keys that a workload uses: those that its pods read, of what is there', () => {
    const pod = {
      volumes: [
        { configMap: { name: 'whole' } },
        {
          secret: {
            secretName: 'some',
            items: [
              { key: 'a', path: 'a' },
              { key: 'gone', path: 'b' },
            ],
          },
        },
        { configMap: { name: 'elsewhere' } },
      ],
    };
    const { desired } = rendered({
      '1-a/10-a.yml': workload('web', { pod }),
      '1-a/20-b.yml': configMap('whole', { a: '1', b: '2' }),
      '1-a/30-c.yml': secret('some', { a: 'YQ==', b: 'YQ==' }),
      '1-a/40-d.yml': configMap('elsewhere', { a: '1' }, 'other'),
      '1-a/50-e.yml': workload('none'),
    });
    const [web, whole, some, , none] = desired;
    assert.deepEqual(web?.keys, {
      'ConfigMap/whole/': '',
      'ConfigMap/whole/a': whole?.keys?.['a'],
      'ConfigMap/whole/b': whole?.keys?.['b'],
      'Secret/some/': '',
      'Secret/some/a': some?.keys?.['a'],
    });
    assert.equal(none?.keys, undefined);
  });
});

describe('canonical JSON', () => {
  it('is the same for every order of keys, and leaves out nulls but not in lists', () => {
    assert.equal(canonical({ b: [2, null, 1], a: { d: null, c: 'x' } }), '{"a":{"c":"x"},"b":[2,null,1]}');
    assert.equal(
      canonical(JSON.parse('{"2": 1, "10": 2, "1": 3}')),
      canonical(JSON.parse('{"1": 3, "10": 2, "2": 1}')),
    );
  });

  it('does not lose a key called __proto__', () => {
    const value = JSON.parse('{"__proto__": {"x": 1}, "a": 1}') as unknown;
    assert.equal(canonical(value), '{"__proto__":{"x":1},"a":1}');
  });
});
