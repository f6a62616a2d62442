import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, type Client } from '../src/cluster/client.ts';
import { readContents } from '../src/cluster/contents.ts';

interface Metadata {
  name: string;
  namespace?: string;
  uid: string;
  annotations?: Record<string, string>;
  ownerReferences?: { controller: boolean; uid: string }[];
}

/** Kinds by their path's end, with the objects that a list of them shows; a status instead: it cannot be listed. */
type World = Record<string, Metadata[] | number>;

const stamps = (id: string) => ({ 'ordo.dev/id': id, 'ordo.dev/rollout': '1', 'ordo.dev/hash': 'h' });
const own = (id: string): Metadata => ({ name: id.split('/').at(-1) ?? '', uid: id, annotations: stamps(id) });
const of = (owner: string, name: string): Metadata => ({
  ...{ name, uid: name, annotations: stamps(owner) },
  ownerReferences: [{ controller: true, uid: owner }],
});
const plain = (name: string): Metadata => ({ name, uid: name });

const RESOURCES = [
  ['', 'v1', 'ConfigMap', 'configmaps'],
  ['', 'v1', 'ServiceAccount', 'serviceaccounts'],
  ['', 'v1', 'Pod', 'pods'],
  ['', 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'],
  ['', 'v1', 'Event', 'events'],
  ['apps', 'v1', 'Deployment', 'deployments'],
  ['apps', 'v1', 'ReplicaSet', 'replicasets'],
  ['apps', 'v1', 'StatefulSet', 'statefulsets'],
  ['discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices'],
  ['metrics.k8s.io', 'v1', 'PodMetrics', 'podmetrics'],
  ['shop.example', 'v1', 'Thing', 'things'],
] as const;

/** An API server that knows discovery and metadata lists. */
function serverOf(world: World): Client {
  const discovery = (isCore: boolean) => ({
    items: RESOURCES.filter(([group]) => (group === '') === isCore).map(([group, version, kind, resource]) => {
      const verbs = group === 'metrics.k8s.io' ? ['list', 'get'] : ['list', 'get', 'delete'];
      return {
        metadata: { name: group },
        versions: [{ version, resources: [{ resource, scope: 'Namespaced', responseKind: { kind }, verbs }] }],
      };
    }),
  });
  const get = async (path: string): Promise<unknown> => {
    if (path === '/api' || path === '/apis') return discovery(path === '/api');
    const listed = world[/([a-z]+)\?/.exec(path)?.[1] ?? ''] ?? [];
    if (typeof listed === 'number') throw new ApiError(listed, 'no', 'no');
    return { metadata: {}, items: listed.map((metadata) => ({ metadata: { namespace: 'shop', ...metadata } })) };
  };
  return { get } as unknown as Client;
}

const NAMESPACE = { group: '', kind: 'Namespace', namespace: '', name: 'shop' };
const CRD = {
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  namespace: '',
  name: 'things.shop.example',
};

async function contentsOf(carrier: typeof NAMESPACE, world: World) {
  return [...(await readContents(serverOf(world), [carrier])).values()][0];
}

test('O10 Ordo’s in a Namespace is what carries its stamps and what its controllers have made; the rest is foreign', async () => {
  const deployment = 'apps/Deployment/shop/web';
  const set = 'apps/StatefulSet/shop/db';
  const found = await contentsOf(NAMESPACE, {
    deployments: [own(deployment)],
    // Owner and owned may be listed in any order.
    pods: [of('web-1', 'web-1-a'), of('stray-1', 'stray-1-a'), plain('alone'), of(set, 'db-0')],
    replicasets: [of(deployment, 'web-1'), plain('stray-1')],
    statefulsets: [own(set)],
    persistentvolumeclaims: [of(set, 'data-db-0'), own('/PersistentVolumeClaim/shop/own')],
    // Kubernetes copies annotations: these are somebody else's stamps.
    configmaps: [{ ...plain('copied'), annotations: stamps(deployment) }, plain('kube-root-ca.crt')],
    serviceaccounts: [plain('default'), plain('builder')],
    events: [plain('event')],
    endpointslices: [plain('slice')],
    podmetrics: [plain('web-1-a-metrics')],
  });
  assert.deepEqual(found, {
    known: true,
    value: [
      ...['ConfigMap/shop/copied', 'PersistentVolumeClaim/shop/data-db-0', 'Pod/shop/alone', 'Pod/shop/stray-1-a'],
      ...['ReplicaSet/shop/stray-1', 'ServiceAccount/shop/builder'],
    ],
  });
});

test('O10 what cannot be listed may hold anything', async () => {
  assert.deepEqual(await contentsOf(NAMESPACE, { things: 403 }), {
    known: false,
    reason: 'things.shop.example cannot be listed (403)',
  });
});

test('O10 all instances of a CRD count, Ordo’s own too; of one that is not served nobody knows', async () => {
  const things = [own('shop.example/Thing/shop/own'), plain('stray')];
  assert.deepEqual(await contentsOf(CRD, { things }), { known: true, value: ['Thing/shop/own', 'Thing/shop/stray'] });
  assert.deepEqual(await contentsOf(CRD, {}), { known: true, value: [] });
  const found = await contentsOf({ ...CRD, name: 'others.shop.example' }, {});
  assert.deepEqual(found, { known: false, reason: 'the cluster does not serve its kind now' });
});
