import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SourceFile } from '../../src/domain/files.ts';
import { readManifests, type Problem } from '../../src/manifests/read.ts';
import { KINDS, configMap, namespace, read, sourceFiles, workload, type Files } from '../plan/fixtures.ts';

const idsOf = (files: Files): string[] => read(files).manifests.map(({ id }) => id);

/** The problems of a repository in which nothing can be used. */
function problemsOf(files: Files): Problem[] {
  const { manifests, problems } = read(files);
  assert.deepEqual(manifests, []);
  return problems;
}

const one = (yaml: string): Files => ({ '1-a/10-a.yml': yaml });

describe('the desired set', () => {
  it('stands in the order of folders, files and positions, whatever the order of the files', () => {
    const files = {
      '10-b/1-a.yml': configMap('six', {}),
      '2-b/100-a.yml': configMap('four', {}),
      '2-b/40-a.yml': `${configMap('two', {})}\n---\n${configMap('three', {})}`,
      '2-a/100-b.yml': configMap('five', {}),
      '1-a/1000-a.yml': configMap('one', {}),
    };
    const names = read(files).manifests.map(({ identity }) => identity.name);
    assert.deepEqual(names, ['one', 'two', 'three', 'five', 'four', 'six']);
  });

  it('takes Lists apart, Lists in Lists too, and keeps the order of their items', () => {
    const list = (...items: string[]) => `{"apiVersion": "v1", "kind": "List", "items": [${items.join(', ')}]}`;
    const files = one(list(configMap('a', {}), list(configMap('b', {}), configMap('c', {})), configMap('d', {})));
    const { manifests, problems } = read(files);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      manifests.map(({ identity, order }) => [identity.name, order[4]]),
      [
        ['a', 0],
        ['b', 1],
        ['c', 2],
        ['d', 3],
      ],
    );
  });

  it('#12 knows objects by what they are, whatever the file is called', () => {
    const files = { '1-a/10-influxdbconfigmap.yml': workload('web', { kind: 'DaemonSet' }) };
    assert.deepEqual(idsOf(files), ['apps/DaemonSet/shop/web']);
  });

  it('#17 tells equal file names in two folders apart, and takes any number of dashes', () => {
    const files = { '1-a/10-my-app.yml': configMap('a', {}), '2-a/10-my-app.yml': configMap('b', {}) };
    assert.deepEqual(idsOf(files), ['/ConfigMap/shop/a', '/ConfigMap/shop/b']);
  });

  it('writes the own namespace into what has none, and takes it out of what stands in no namespace', () => {
    const { manifests } = read({
      '1-a/10-a.yml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
      '1-a/20-b.yml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: ""}\n',
      '1-a/30-c.yml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace:}\n',
      '1-a/40-d.yml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: d, namespace: wrong}\n',
    });
    assert.deepEqual(
      manifests.map(({ id, object }) => [id, object.metadata.namespace]),
      [
        ['/ConfigMap/admin/a', 'admin'],
        ['/ConfigMap/admin/b', 'admin'],
        ['/ConfigMap/admin/c', 'admin'],
        ['/Namespace//d', undefined],
      ],
    );
  });

  it('gives each item of a List its own metadata, even behind an alias', () => {
    const yaml = `apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: &m {name: a}}
  - {apiVersion: v1, kind: Namespace, metadata: *m}
`;
    const { manifests } = read(one(yaml));
    assert.deepEqual(
      manifests.map(({ object }) => object.metadata),
      [{ name: 'a', namespace: 'admin' }, { name: 'a' }],
    );
  });

  it('knows the kinds that CRDs of the folder make, with their scope, in whatever order they stand', () => {
    const crd = (kind: string, scope: string) =>
      `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${kind.toLowerCase()}s.example.com}
spec: {group: example.com, scope: ${scope}, names: {kind: ${kind}, plural: ${kind.toLowerCase()}s}}
`;
    const { manifests, problems } = read({
      '1-a/10-wide.yml': 'apiVersion: example.com/v2\nkind: Wide\nmetadata: {name: a}\n',
      '2-a/10-crds.yml': `${crd('Wide', 'Cluster')}---\n${crd('Narrow', 'Namespaced')}`,
      '3-a/10-narrow.yml': 'apiVersion: example.com/v1\nkind: Narrow\nmetadata: {name: a}\n',
    });
    assert.deepEqual(problems, []);
    const [wide, , , narrow] = manifests;
    assert.equal(wide?.id, 'example.com/Wide//a');
    assert.deepEqual(wide.kind, {
      group: 'example.com',
      version: 'v2',
      kind: 'Wide',
      plural: 'wides',
      namespaced: false,
    });
    assert.equal(narrow?.id, 'example.com/Narrow/admin/a');
  });

  it('believes the cluster before a CRD: none can bend a kind that is served', () => {
    const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: deployments.apps}
spec: {group: apps, scope: Cluster, names: {kind: Deployment, plural: ../../secrets}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: x}
spec: {group: apps, scope: Cluster, names: {kind: Deployment, plural: deployments}}
`;
    const { manifests } = read({ '1-a/10-crd.yml': crd, '1-a/20-web.yml': workload('web') });
    assert.ok(manifests.some(({ id }) => id === 'apps/Deployment/shop/web'));
  });
});

describe('what does not fit', () => {
  it('#5 #25 is reported and does not stop the rest', () => {
    const { manifests, problems } = read({
      'read-me.md': '# deploy',
      '1-a/10-a.yml': `a: [\n---\n${configMap('a', {})}\n---\nkind: Unknown\n`,
      'b/10-b.yml': configMap('b', {}),
      '2-c/10-c.yml': configMap('c', {}),
    });
    assert.deepEqual(
      manifests.map(({ id }) => id),
      ['/ConfigMap/shop/a', '/ConfigMap/shop/c'],
    );
    assert.deepEqual(
      problems.map(({ path, document, severity, unreadable, ids }) => ({ path, document, severity, unreadable, ids })),
      [
        { path: 'deploy/read-me.md', document: undefined, severity: 'note', unreadable: false, ids: [] },
        { path: 'deploy/1-a/10-a.yml', document: 1, severity: 'error', unreadable: true, ids: [] },
        { path: 'deploy/1-a/10-a.yml', document: 3, severity: 'error', unreadable: true, ids: [] },
        { path: 'deploy/b/10-b.yml', document: 1, severity: 'error', unreadable: false, ids: ['/ConfigMap/shop/b'] },
      ],
    );
  });

  const cases: [name: string, yaml: string, reason: RegExp, ids: string[]][] = [
    ['no mapping', '- a', /^not a Kubernetes object/, []],
    ['no apiVersion', 'kind: Pod', /^apiVersion is missing/, []],
    ['an apiVersion that leaves its path', 'apiVersion: apps/../../v1\nkind: Pod', /^apiVersion is missing/, []],
    ['no kind', 'apiVersion: v1', /^kind is missing/, []],
    ['no metadata', 'apiVersion: v1\nkind: Pod', /metadata is missing/, []],
    ['no name', 'apiVersion: v1\nkind: Pod\nmetadata: {}', /metadata.name is missing/, []],
    ['a number as name', 'apiVersion: v1\nkind: Pod\nmetadata: {name: 12}', /not a name/, []],
    ['generateName', 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}', /generateName/, []],
    ...['..', '.', 'a/b', '"%2e%2e"', '""', '"a\\nb"', '"a\\u001b[2Jb"'].map(
      (name): [string, string, RegExp, string[]] => [
        `the name ${name}`,
        `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}`,
        /not a name/,
        [],
      ],
    ),
    [
      'a namespace that leaves its path',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: ../kube-system}',
      /metadata.namespace is not a name/,
      [],
    ],
    [
      'a kind that nobody knows',
      'apiVersion: example.com/v1\nkind: Odd\nmetadata: {name: a, namespace: b}',
      /no kind Odd in example.com\/v1/,
      ['example.com/Odd/b/a', 'example.com/Odd//a'],
    ],
    [
      'labels that are no text',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: 12}}',
      /metadata.labels must map text to text/,
      ['/Pod/admin/a'],
    ],
    [
      'annotations that are no text',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {b: yes}}',
      /metadata.annotations must map text to text/,
      ['/Pod/admin/a'],
    ],
  ];
  for (const [name, yaml, reason, ids] of cases) {
    it(`${name}: reason, place and the object that it may be`, () => {
      const [problem, ...more] = problemsOf(one(yaml));
      assert.deepEqual(more, []);
      assert.match(problem?.reason ?? '', reason);
      assert.deepEqual(problem, {
        path: 'deploy/1-a/10-a.yml',
        document: 1,
        reason: problem?.reason,
        severity: 'error',
        unreadable: ids.length === 0,
        ids,
      });
    });
  }

  it('is a symbolic link, a submodule or a huge file that looks like a manifest', () => {
    const bytes = new Uint8Array();
    const files: SourceFile[] = [
      { path: 'deploy/1-a/10-a.yml', kind: 'symlink', bytes },
      { path: 'deploy/1-a/20-b.yml', kind: 'too-large', bytes },
      { path: 'deploy/1-a/lib', kind: 'submodule', bytes },
    ];
    const { problems } = readManifests(files, { folder: 'deploy', namespace: 'admin', kinds: KINDS });
    assert.deepEqual(
      problems.map(({ path, severity, unreadable }) => [path, severity, unreadable]),
      [
        ['deploy/1-a/10-a.yml', 'error', true],
        ['deploy/1-a/20-b.yml', 'error', true],
        ['deploy/1-a/lib', 'note', false],
      ],
    );
  });

  it('is an object that is defined twice: neither place counts, and both are named', () => {
    const problems = problemsOf({ '1-a/10-a.yml': configMap('a', {}), '2-b/10-a.yml': configMap('a', { x: '1' }) });
    assert.deepEqual(
      problems.map(({ path, reason, ids }) => [path, reason, ids]),
      ['deploy/1-a/10-a.yml', 'deploy/2-b/10-a.yml'].map((path) => [
        path,
        'defined twice: in deploy/1-a/10-a.yml and deploy/2-b/10-a.yml',
        ['/ConfigMap/shop/a'],
      ]),
    );
  });

  it('is what stands behind "...": kubectl does not read it', () => {
    const { manifests, problems } = read(one(`${configMap('a', {})}\n...\n${configMap('b', {})}\n`));
    assert.deepEqual(
      manifests.map(({ id }) => id),
      ['/ConfigMap/shop/a'],
    );
    assert.deepEqual(
      problems.map(({ ids, severity }) => [ids, severity]),
      [[['/ConfigMap/shop/b'], 'error']],
    );
  });

  it('counts as there when it stands in a usable place too', () => {
    const { manifests, problems } = read({ '1-a/10-a.yml': configMap('a', {}), 'b/10-a.yml': configMap('a', {}) });
    assert.equal(manifests.length, 1);
    assert.deepEqual(
      problems.map(({ path, ids }) => [path, ids]),
      [['deploy/b/10-a.yml', []]],
    );
  });

  it('is nothing in a folder without files', () => {
    assert.deepEqual(readManifests([], { folder: 'deploy', namespace: 'admin', kinds: KINDS }), {
      manifests: [],
      problems: [],
    });
  });
});

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
