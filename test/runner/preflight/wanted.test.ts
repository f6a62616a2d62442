import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from '../../../src/runner/gates/shapes.ts';
import type { Doomed } from '../../../src/runner/preflight/preflight.ts';
import { imagesOf, nodesOf, normalised, podSpecOf, type PodSpec } from '../../../src/runner/preflight/wanted.ts';
import { applying } from '../steps.ts';

describe('the name of an image, as nodes list it', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const rows: [text: string, expected: string][] = [
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1', 'docker.io/library/nginx:1'],
    ['grafana/grafana:9', 'docker.io/grafana/grafana:9'],
    ['ghcr.io/acme/app:main', 'ghcr.io/acme/app:main'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    [`ghcr.io/acme/app:main@${digest}`, `ghcr.io/acme/app@${digest}`],
    [`localhost:5000/app@${digest}`, `localhost:5000/app@${digest}`],
    [`nginx@${digest}`, `docker.io/library/nginx@${digest}`],
  ];
  for (const [text, expected] of rows) it(`${text} is ${expected}`, () => assert.equal(normalised(text), expected));
});

describe('the images that a pod needs pulled', () => {
  const wanted = (image: string, imagePullPolicy?: string) =>
    imagesOf({ containers: [{ image, ...(imagePullPolicy !== undefined && { imagePullPolicy }) }] });
  const rows: [image: string, policy: string | undefined, expected: string | undefined][] = [
    ['app:1', undefined, 'IfNotPresent'],
    ['app', undefined, 'Always'],
    ['app:latest', undefined, 'Always'],
    ['localhost:5000/app', undefined, 'Always'],
    ['app@sha256:1', undefined, 'IfNotPresent'],
    ['app:1', 'Always', 'Always'],
    ['app:latest', 'IfNotPresent', 'IfNotPresent'],
    ['app:1', 'Never', undefined],
  ];
  for (const [image, policy, expected] of rows) {
    it(`${image}, ${policy ?? 'no policy'}: ${expected ?? 'none'}`, () =>
      assert.equal(wanted(image, policy)[0]?.policy, expected));
  }
  it('are each named once, those of containers that initialise too', () => {
    const spec = {
      initContainers: [{ image: 'a:1' }],
      containers: [{ image: 'a:1', imagePullPolicy: 'Always' }, { image: 'b:1' }],
    };
    assert.deepEqual(imagesOf(spec), [
      { image: 'a:1', policy: 'Always' },
      { image: 'b:1', policy: 'IfNotPresent' },
    ]);
  });
});

describe('the pods of a new version', () => {
  const template = { spec: { containers: [{ image: 'a:1' }] } };
  const groups: Record<string, string> = { Pod: '', Job: 'batch', CronJob: 'batch' };
  const doomed = (kind: string, live: object = {}, leave?: string[]): Doomed => {
    const { index, step } = applying(0, { kind, group: groups[kind] ?? 'apps', uid: 'u' });
    assert.ok(step.kind === 'recreate');
    const more = leave ? { leave } : {};
    return { index, step: { ...step, ...more }, live: { metadata: { name: 'x', uid: 'u' }, ...live } };
  };
  const specs: [
    what: string,
    kind: string,
    manifest: object,
    live: object,
    leave: string[] | undefined,
    runs: boolean,
  ][] = [
    ['a Deployment', 'Deployment', { spec: { template } }, {}, undefined, true],
    ['a Deployment without replicas', 'Deployment', { spec: { replicas: 0, template } }, {}, undefined, false],
    [
      'one that somebody else scales',
      'Deployment',
      { spec: { replicas: 0, template } },
      { spec: { replicas: 2 } },
      ['spec.replicas'],
      true,
    ],
    [
      'one that somebody else has put to rest',
      'Deployment',
      { spec: { replicas: 1, template } },
      { spec: { replicas: 0 } },
      ['spec.replicas'],
      false,
    ],
    [
      'a suspended CronJob',
      'CronJob',
      { spec: { suspend: true, jobTemplate: { spec: { template } } } },
      {},
      undefined,
      false,
    ],
    ['a CronJob', 'CronJob', { spec: { jobTemplate: { spec: { template } } } }, {}, undefined, true],
    ['a Pod', 'Pod', template, {}, undefined, true],
  ];
  for (const [what, kind, manifest, live, leave, runs] of specs) {
    it(`${what}: ${runs ? 'some' : 'none'}`, () => {
      const item = doomed(kind, live, leave);
      assert.equal(podSpecOf(item, manifest, item.live)?.containers?.[0]?.image, runs ? 'a:1' : undefined);
    });
  }

  it('come to the nodes of the old ones, unless they say otherwise', () => {
    const on = (nodeName: string, app: string): Pod => ({
      metadata: { name: `${app}-${nodeName}`, labels: { app } },
      spec: { containers: [], nodeName } as Pod['spec'] & PodSpec,
    });
    const pods = [on('a', 'web'), on('b', 'web'), on('b', 'web'), on('c', 'other')];
    const live = { spec: { selector: { matchLabels: { app: 'web' } }, template } };
    assert.deepEqual(nodesOf(doomed('Deployment', live), template.spec, pods), ['a', 'b']);
    const elsewhere = { ...template.spec, nodeSelector: { disk: 'ssd' } };
    assert.deepEqual(nodesOf(doomed('Deployment', live), elsewhere, pods), []);
    assert.deepEqual(nodesOf(doomed('Job', live), template.spec, pods), []);
  });
});
