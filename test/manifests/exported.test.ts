import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { namespace, read, sourceFiles, workload, type Files } from '../plan/fixtures.ts';

const one = (yaml: string): Files => ({ '1-a/10-a.yml': yaml });

describe('annotations of Ordo', () => {
  const annotated = (annotations: Record<string, string>) => read(one(workload('web', { annotations })));

  it('are read into a policy', () => {
    const { manifests, problems } = annotated({
      'ordo.dev/update': 'rolling',
      'ordo.dev/image': 'ghcr.io/other/app:main',
      'ordo.dev/wait': 'none',
      'ordo.dev/timeout': '10m',
      'ordo.dev/run': 'once',
      'ordo.dev/prune': 'false',
      'example.com/update': 'whatever',
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(manifests[0]?.policy, {
      update: 'rolling',
      image: 'ghcr.io/other/app:main',
      wait: 'none',
      timeout: 600,
      run: 'once',
      prune: false,
    });
  });

  const wrong: [annotation: string, value: string, reason: RegExp][] = [
    ['update', 'Rolling', /"recreate"\|"rolling"/],
    ['image', 'nginx', /HOST\/PATH:TAG/],
    ['image', 'ghcr.io/a/b@sha256:abc', /HOST\/PATH:TAG/],
    ['wait', 'ready', /"none"\|"complete"/],
    ['timeout', '5 minutes', /90s, 5m or 1h/],
    ['timeout', '0s', /90s, 5m or 1h/],
    ['timeout', `${'9'.repeat(400)}h`, /90s, 5m or 1h/],
    ['run', 'always', /"on-config"/],
    ['prune', 'true', /expected "false"/],
    ['ignore', 'yes', /expected "true"/],
    ['restart-on', 'all', /expected auto, or a list like configmap\/NAME,secret\/NAME/],
    ['before', 'true', /is for Jobs, and this is a /],
    ['updat', 'rolling', /is unknown; known are update/],
    ['toString', 'x', /is unknown/],
    ['constructor', 'x', /is unknown/],
    ['__proto__', 'x', /is unknown/],
    ['', 'x', /is unknown/],
  ];
  for (const [annotation, value, reason] of wrong) {
    it(`ordo.dev/${annotation}: ${value.slice(0, 30)} is reported, and the object is applied without it`, () => {
      const { manifests, problems } = annotated({ [`ordo.dev/${annotation}`]: value });
      assert.deepEqual(manifests[0]?.policy, {});
      assert.match(problems[0]?.reason ?? '', reason);
      assert.ok(problems[0]?.reason.startsWith(`annotation ordo.dev/${annotation}`));
      assert.equal(problems[0]?.severity, 'warning');
    });
  }

  it('ordo.dev/restart-on is for what can be restarted in place', () => {
    const wish = { 'ordo.dev/restart-on': 'configmap/a' };
    const found = ['StatefulSet', 'CronJob'].map((kind) => read(one(workload('web', { kind, annotations: wish }))));
    assert.deepEqual(
      found.map(({ manifests }) => manifests[0]?.policy),
      [{ 'restart-on': ['ConfigMap/a'] }, {}],
    );
    assert.match(
      found[1]?.problems[0]?.reason ?? '',
      /is for Deployments, StatefulSets and DaemonSets, and this is a CronJob/,
    );
  });

  it('ordo.dev/ignore leaves an object alone, which is noted', () => {
    const { manifests, problems } = annotated({ 'ordo.dev/ignore': 'true' });
    assert.deepEqual(manifests, []);
    assert.deepEqual(
      problems.map(({ severity, ids }) => [severity, ids]),
      [['note', ['apps/Deployment/shop/web']]],
    );
  });
});

describe('exported YAML', () => {
  const exported = `apiVersion: v1
kind: ConfigMap
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{}'
    ordo.dev/id: /ConfigMap/shop/a
    ordo.dev/rollout: "3"
    ordo.dev/source: deploy/1-a/10-a.yml@c0ffee
    ordo.dev/hash: abc
    example.com/mine: stays
  creationTimestamp: "2026-01-01T00:00:00Z"
  generation: 4
  labels: {ordo.dev/target: main, app: a}
  managedFields: [{manager: x}]
  name: a
  namespace: shop
  resourceVersion: "12"
  selfLink: /a
  uid: 0a
data: {status: stays}
status: {phase: old}
`;

  it('is cleaned of what a server, kubectl or Ordo wrote, without a word', () => {
    const { manifests, problems } = read(one(exported));
    assert.deepEqual(problems, []);
    assert.deepEqual(manifests[0]?.object, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        annotations: { 'example.com/mine': 'stays' },
        labels: { app: 'a' },
        name: 'a',
        namespace: 'shop',
      },
      data: { status: 'stays' },
    });
  });

  it('with an env name twice keeps the last, in every container, with a warning', () => {
    const env = (...values: string[]) => values.map((value, index) => ({ name: index === 1 ? 'b' : 'a', value }));
    const pod = {
      initContainers: [{ name: 'init', env: env('1', '2', '3') }],
      containers: [
        { name: 'main', env: env('1', '2', '3') },
        { name: 'other', env: env('1', '2') },
      ],
    };
    const { manifests, problems } = read(one(workload('web', { kind: 'Pod', pod })));
    const kept = [
      { name: 'b', value: '2' },
      { name: 'a', value: '3' },
    ];
    assert.deepEqual(manifests[0]?.object['spec'], {
      initContainers: [{ name: 'init', env: kept }],
      containers: [
        { name: 'main', env: kept },
        { name: 'other', env: env('1', '2') },
      ],
    });
    assert.deepEqual(
      problems.map(({ reason, severity }) => [reason, severity]),
      ['init', 'main'].map((name) => [`container ${name}: an env name stands twice, the last one counts`, 'warning']),
    );
  });
});

describe('the watched folder', () => {
  it('#26 is read the same at the first deployment and at each later one', () => {
    const files = { '1-a/10-a.yml': namespace('a'), '100-b/1-b.yml': namespace('b') };
    assert.deepEqual(read(files), read({ ...files }));
    assert.equal(sourceFiles(files).length, 2);
  });
});
