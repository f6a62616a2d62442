import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { KUBERNETES_KINDS } from '../../src/manifests/kubernetes-kinds.ts';
import { lint } from '../../src/manifests/lint.ts';
import { USES } from '../../src/manifests/uses.ts';
import { configMap, namespace, sourceFiles, workload, type Files } from '../plan/fixtures.ts';
import { objectOf } from './sets.ts';

const CONTEXT = { folder: 'deploy', namespace: 'admin', given: [] };
const texts = (files: Files, given: readonly string[] = []): string[] =>
  lint(sourceFiles(files), { ...CONTEXT, given }).map(
    ({ severity, path, document, about, reason }) => `${severity} ${path}:${document ?? ''} ${about}: ${reason}`,
  );

const SHOP = { '1-shop/10-namespace.yml': namespace('shop') };
const well = objectOf('example.com/v1', 'Well', 'w', {}, { namespace: 'default' });
const crd = objectOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'wells.example.com', {
  spec: { group: 'example.com', scope: 'Namespaced', names: { kind: 'Well', plural: 'wells' } },
});

const rows: [name: string, files: Files, findings: string[]][] = [
  ['nothing to find', { ...SHOP, '2-web/10-c.yml': configMap('c', {}) }, []],
  [
    'what cannot be read, and a name without a number',
    { ...SHOP, '2-web/10-c.yml': 'a: [', '2-web/c.yml': configMap('c', {}), 'README.md': '# hello' },
    [
      'error deploy/2-web/10-c.yml:1 file: unexpected end of the stream within a flow collection (line 1, column 5)',
      'error deploy/2-web/c.yml:1 file: the file has no number: name it like 120-nameconfigmap.yml',
      'note deploy/README.md: file: not a manifest: the name does not end in .yml, .yaml or .json',
    ],
  ],
  [
    'an unknown annotation of Ordo',
    { '1-a/10-w.yml': workload('w', { namespace: 'default', annotations: { 'ordo.dev/updat': 'rolling' } }) },
    [
      'warning deploy/1-a/10-w.yml:1 file: annotation ordo.dev/updat is unknown; known are update, image, wait, timeout, run, prune, allow-delete, drift, ignore, before, restart-on, ignore-fields',
    ],
  ],
  [
    'an image that nobody can name',
    {
      '1-a/10-p.yml': objectOf(
        'v1',
        'Pod',
        'p',
        { spec: { containers: [{ name: 'main', image: 'image_url_var' }] } },
        { namespace: 'default' },
      ),
    },
    [
      'error deploy/1-a/10-p.yml:1 file: Pod/default/p: image_url_var needs an "app" label or the annotation ordo.dev/image',
    ],
  ],
  [
    'a kind that nobody knows here',
    { '1-a/10-w.yml': well },
    [
      'note deploy/1-a/10-w.yml:1 unknown-kind: the kind Well of example.com/v1 is not known without a cluster, and no CRD in this folder makes it: it was not looked at',
    ],
  ],
  [
    'a slip of the pen in a kind of Kubernetes',
    { '1-a/10-w.yml': objectOf('apps/v1', 'Deploymnet', 'w') },
    ['error deploy/1-a/10-w.yml:1 file: Kubernetes has no kind Deploymnet in apps/v1'],
  ],
  ['a kind that a CRD of the folder makes', { '1-a/10-c.yml': crd, '1-a/20-w.yml': well }, []],
  [
    'before that CRD',
    { '1-a/20-c.yml': crd, '1-a/10-w.yml': well },
    [
      'warning deploy/1-a/10-w.yml:1 late: Well/default/w: uses CustomResourceDefinition/wells.example.com (kind), which comes later, in deploy/1-a/20-c.yml: until then the API server does not take it; rename deploy/1-a/20-c.yml to deploy/1-a/9-c.yml',
    ],
  ],
  [
    'no manifest at all',
    { 'README.md': '' },
    [
      'error deploy: empty: holds no manifest: put them into folders like 2-name/',
      'note deploy/README.md: file: not a manifest: the name does not end in .yml, .yaml or .json',
    ],
  ],
];

describe('O14 what a folder has wrong, without a cluster', () => {
  for (const [name, files, findings] of rows) it(name, () => assert.deepEqual(texts(files), findings));
});

test('O14 what stands in the folder and cannot be used, and what others make, is not missing', () => {
  const web = { ...SHOP, '2-web/20-w.yml': workload('w', { config: ['c'] }) };
  assert.equal(texts(web).length, 1);
  assert.deepEqual(texts(web, ['ConfigMap/shop/c']), []);
  const left = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: { name: 'c', namespace: 'shop', annotations: { 'ordo.dev/ignore': 'true' } },
  });
  const [note, ...others] = texts({ ...web, '2-web/10-c.yml': left });
  assert.match(note ?? '', /^note .*: left alone/);
  assert.deepEqual(others, []);
});

test('D17 one more entry is all that lint needs', () => {
  const files = { '1-a/10-w.yml': workload('w', { namespace: 'default', pod: { meshClass: 'm' } }) };
  const rule = {
    from: 'pods',
    at: 'meshClass',
    to: 'mesh.example.com/MeshClass',
    sort: 'needs',
    without: 'it is alone',
  } as const;
  assert.deepEqual(lint(sourceFiles(files), CONTEXT), []);
  const [found] = lint(sourceFiles(files), { ...CONTEXT, rules: [...USES, rule] });
  assert.match(found?.reason ?? '', /uses MeshClass\/default\/m \(spec\.template\.spec\.meshClass\)/);
});

test('every kind of the table stands there once', () => {
  const names = KUBERNETES_KINDS.map(({ group, kind }) => `${group}/${kind}`);
  assert.equal(new Set(names).size, names.length);
});
