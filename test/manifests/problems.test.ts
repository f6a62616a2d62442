import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SourceFile } from '../../src/domain/files.ts';
import { readManifests, type Problem } from '../../src/manifests/read.ts';
import { KINDS, configMap, read, type Files } from '../plan/fixtures.ts';

/** The problems of a repository in which nothing can be used. */
function problemsOf(files: Files): Problem[] {
  const { manifests, problems } = read(files);
  assert.deepEqual(manifests, []);
  return problems;
}

const one = (yaml: string): Files => ({ '1-a/10-a.yml': yaml });

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
      const [found, ...more] = problemsOf(one(yaml));
      assert.ok(found);
      assert.deepEqual(more, []);
      const { unknownKind, ...problem } = found;
      assert.equal(unknownKind?.kind, name === 'a kind that nobody knows' ? 'Odd' : undefined);
      assert.match(problem.reason, reason);
      assert.deepEqual(problem, {
        path: 'deploy/1-a/10-a.yml',
        document: 1,
        reason: problem.reason,
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
