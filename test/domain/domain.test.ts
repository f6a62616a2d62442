import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { idOf, nameOf } from '../../src/domain/identity.ts';
import { canRoll, endsSegment, isConfiguration, isExposure, isPrecious, isWorkload } from '../../src/domain/kinds.ts';
import { pathOf, splitApiVersion } from '../../src/domain/object.ts';
import { compareOrder, type Order } from '../../src/domain/order.ts';
import { readLive } from '../../src/domain/stamps.ts';

describe('order', () => {
  const ascending: Order[] = [
    [1, 1000, '1-ordo', '1000-x.yml', 0],
    [2, 40, '2-db', '40-x.yml', 0],
    [2, 100, '2-db', '100-a.yml', 0],
    [2, 100, '2-db', '100-a.yml', 1],
    [2, 100, '2-db', '100-a.yml', 10],
    [2, 100, '2-db', '100-b.yml', 0],
    [2, 100, '2-db-more', '100-a.yml', 0],
    [2, 1000, '2-db', '1000-x.yml', 0],
    [10, 1, '10-web', '1-x.yml', 0],
    [1000, 1, '1000-last', '1-x.yml', 0],
  ];

  it('compares folder and file by number, then names, then the position in the file', () => {
    for (const [left, a] of ascending.entries()) {
      for (const [right, b] of ascending.entries()) {
        assert.equal(Math.sign(compareOrder(a, b)), Math.sign(left - right), `${a.join()} and ${b.join()}`);
      }
    }
  });

  it('is total: any shuffle sorts back', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(ascending, { minLength: ascending.length }), (shuffled) => {
        assert.deepEqual(shuffled.toSorted(compareOrder), ascending);
      }),
    );
  });
});

describe('identity', () => {
  it('has an id for maps and a name for people', () => {
    const web = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
    assert.equal(idOf(web), 'apps/Deployment/shop/web');
    assert.equal(nameOf(web), 'Deployment/shop/web');
    const admin = { group: '', kind: 'Namespace', namespace: '', name: 'admin' };
    assert.equal(idOf(admin), '/Namespace//admin');
    assert.equal(nameOf(admin), 'Namespace/admin');
  });
});

describe('kinds', () => {
  const table: [group: string, kind: string, ...words: string[]][] = [
    ['apps', 'Deployment', 'workload', 'rolls'],
    ['apps', 'DaemonSet', 'workload', 'rolls'],
    ['apps', 'StatefulSet', 'workload', 'rolls'],
    ['apps', 'ReplicaSet', 'workload'],
    ['batch', 'CronJob', 'workload', 'rolls'],
    ['batch', 'Job', 'workload', 'ends'],
    ['', 'Pod', 'workload'],
    ['', 'ConfigMap', 'configuration'],
    ['', 'Secret', 'configuration'],
    ['', 'Service', 'exposure'],
    ['networking.k8s.io', 'Ingress', 'exposure'],
    ['', 'Namespace', 'precious', 'ends'],
    ['', 'PersistentVolume', 'precious'],
    ['', 'PersistentVolumeClaim', 'precious'],
    ['storage.k8s.io', 'StorageClass', 'precious'],
    ['apiextensions.k8s.io', 'CustomResourceDefinition', 'precious', 'ends'],
    ['', 'ServiceAccount'],
    // The kind is told from the group too: these only share a name.
    ['example.com', 'Deployment'],
    ['extensions', 'Ingress'],
    ['serving.example.com', 'Service'],
  ];
  const tests = {
    workload: isWorkload,
    rolls: canRoll,
    configuration: isConfiguration,
    exposure: isExposure,
    precious: isPrecious,
    ends: endsSegment,
  };

  for (const [group, kind, ...words] of table) {
    it(`${group}/${kind} is ${words.join(', ') || 'nothing special'}`, () => {
      const found = Object.entries(tests).filter(([, is]) => is({ group, kind }));
      assert.deepEqual(found.map(([word]) => word).sort(), words.sort());
    });
  }
});

describe('API paths', () => {
  const deployments = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
  const roles = { ...deployments, group: 'rbac.authorization.k8s.io', plural: 'clusterroles', namespaced: false };
  const pods = { ...deployments, group: '', plural: 'pods' };

  it('name an object, a collection in a namespace, a collection everywhere', () => {
    assert.equal(pathOf(deployments, 'shop', 'web'), '/apis/apps/v1/namespaces/shop/deployments/web');
    assert.equal(pathOf(deployments, 'shop'), '/apis/apps/v1/namespaces/shop/deployments');
    assert.equal(pathOf(deployments, ''), '/apis/apps/v1/deployments');
    assert.equal(pathOf(pods, 'shop', 'a'), '/api/v1/namespaces/shop/pods/a');
  });

  it('escape odd names and leave the namespace of cluster-scoped objects out', () => {
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aweb%20view';
    assert.equal(pathOf(roles, 'ignored', 'system:web view'), path);
  });

  it('come from apiVersion', () => {
    assert.deepEqual(splitApiVersion('v1'), { group: '', version: 'v1' });
    assert.deepEqual(splitApiVersion('apps/v1'), { group: 'apps', version: 'v1' });
  });
});

describe('stamps', () => {
  const id = 'apps/Deployment/shop/web';
  const annotations = {
    'ordo.dev/id': id,
    'ordo.dev/rollout': '7',
    'ordo.dev/hash': 'abc',
    'ordo.dev/source': 'deploy/2-web/10-web.yml@c0ffee',
  };
  const stamp = { rollout: 7, hash: 'abc', source: 'deploy/2-web/10-web.yml@c0ffee' };

  it('count on the object that they name', () => {
    assert.deepEqual(readLive(id, { uid: 'u', annotations }), { uid: 'u', deleting: false, stamp });
  });

  it('do not count on a copy, on what a controller owns, or when they are damaged', () => {
    const unstamped = { uid: 'u', deleting: false };
    assert.deepEqual(readLive('apps/ReplicaSet/shop/web-1', { uid: 'u', annotations }), unstamped);
    assert.deepEqual(readLive(id, { uid: 'u', annotations, ownerReferences: [{ controller: true }] }), unstamped);
    for (const number of ['x', '-1', '1.5', '1e300']) {
      const forged = { ...annotations, 'ordo.dev/rollout': number };
      assert.deepEqual(readLive(id, { uid: 'u', annotations: forged }), unstamped);
    }
    const { 'ordo.dev/hash': _hash, ...rest } = annotations;
    assert.deepEqual(readLive(id, { uid: 'u', annotations: rest }), unstamped);
    assert.deepEqual(readLive(id, { uid: 'u' }), unstamped);
  });

  it('count when an owner does not control, and deletion shows', () => {
    const metadata = { uid: 'u', annotations, ownerReferences: [{}], deletionTimestamp: '2026-01-01T00:00:00Z' };
    assert.deepEqual(readLive(id, metadata), { uid: 'u', deleting: true, stamp });
  });
});
