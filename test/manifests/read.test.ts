import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { configMap, read, workload, type Files } from '../plan/fixtures.ts';

const idsOf = (files: Files): string[] => read(files).manifests.map(({ id }) => id);

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
