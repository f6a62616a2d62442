import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';

type Api = Pick<Cluster, 'read' | 'write'>;

const SYSTEM = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
/** What Ordo puts beside the namespaces; without its bindings it can put nothing back. */
const BESIDE = [
  '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  '/apis/networking.k8s.io/v1/ingressclasses',
  '/apis/scheduling.k8s.io/v1/priorityclasses',
  '/api/v1/persistentvolumes',
  '/apis/storage.k8s.io/v1/storageclasses',
];
/** What Ordo put where it is not alone; its stamps would be found by the next Ordo. */
const LABEL = 'ordo.dev/target';
const OURS = `?labelSelector=${encodeURIComponent(LABEL)}`;
const METADATA = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
const DISCOVERY = 'application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io';

/**
 * Takes away every namespace but Kubernetes' own, and what Ordo put beside them. Their content goes first, all at once: the
 * namespace controller would look at it only 5 s after the delete. Each pod has a second, and is gone when its processes are.
 */
export async function emptyCluster(api: Api): Promise<void> {
  if ((await namespaces(api)).length === 0) return;
  const kinds = await namespacedKinds(api);
  const deadline = performance.now() + 60_000;
  await Promise.all(BESIDE.map((path) => api.write('DELETE', `${path}${OURS}`)));
  for (let left: string[] = kinds; ; left = left.length > 0 ? left : kinds) {
    const whole = left === kinds;
    const names = await terminating(api);
    left = await remaining(api, left, names);
    if (whole && left.length === 0) {
      await Promise.all(names.map((name) => finish(api, name)));
      if ((await namespaces(api)).length === 0) return;
    }
    if (performance.now() > deadline) throw new Error(`still there after 60 s: ${[...names, ...left].join(', ')}`);
    await sleep(100);
  }
}

/** Has every namespace deleted, from which on nothing can be made in it, and answers with their names. */
async function terminating(api: Api): Promise<string[]> {
  const all = await namespaces(api);
  const fresh = all.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  await Promise.all(fresh.map(({ metadata }) => api.write('DELETE', `/api/v1/namespaces/${metadata.name}`)));
  return all.map(({ metadata }) => metadata.name);
}

/** Has the content of the namespaces deleted, and in all others what Ordo put there; answers with the kinds of which there still was some. */
async function remaining(api: Api, kinds: readonly string[], names: readonly string[]): Promise<string[]> {
  const looks = kinds.map(async (kind) => {
    const objects = (await list(api, kind)).filter(
      ({ metadata: { namespace = '', labels = {} } }) => names.includes(namespace) || LABEL in labels,
    );
    const fresh = objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const deletes = [...new Set(fresh.map(({ metadata }) => metadata.namespace ?? ''))].map((name) =>
      api.write('DELETE', `${inNamespace(kind, name)}${names.includes(name) ? '' : OURS}`, {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        gracePeriodSeconds: 1,
        propagationPolicy: 'Background',
      }),
    );
    await Promise.all(deletes);
    return objects.length > 0 ? [kind] : [];
  });
  return (await Promise.all(looks)).flat();
}

/** What the namespace controller does with an empty namespace. */
async function finish(api: Api, name: string): Promise<void> {
  const found = (await api.read(`/api/v1/namespaces/${name}`)) as { spec: object } | undefined;
  if (found === undefined) return;
  await api.write('PUT', `/api/v1/namespaces/${name}/finalize`, { ...found, spec: { ...found.spec, finalizers: [] } });
}

interface Listed {
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; deletionTimestamp?: string };
}

async function list(api: Api, path: string): Promise<Listed[]> {
  const found = (await api.read(path, METADATA)) as { items: Listed[] } | undefined;
  return found?.items ?? [];
}

async function namespaces(api: Api): Promise<Listed[]> {
  return (await list(api, '/api/v1/namespaces')).filter(({ metadata }) => !SYSTEM.includes(metadata.name));
}

/** `/apis/apps/v1/deployments` to `/apis/apps/v1/namespaces/NAME/deployments`. */
const inNamespace = (kind: string, name: string): string => kind.replace(/[^/]*$/, `namespaces/${name}/$&`);

interface Discovery {
  items: {
    metadata: { name?: string };
    versions: { version: string; resources: { resource: string; scope: string; verbs: string[] }[] }[];
  }[];
}

/** The path of each namespaced kind that can be listed and deleted, at one version of its group. */
async function namespacedKinds(api: Api): Promise<string[]> {
  const [core, groups] = (await Promise.all(['/api', '/apis'].map((root) => api.read(root, DISCOVERY)))) as [
    Discovery,
    Discovery,
  ];
  return [...core.items, ...groups.items].flatMap(({ metadata: { name: group }, versions: [preferred] }) => {
    if (preferred === undefined) return [];
    const root = group ? `/apis/${group}/${preferred.version}` : `/api/${preferred.version}`;
    return preferred.resources
      .filter(
        ({ scope, verbs }) =>
          scope === 'Namespaced' && ['list', 'deletecollection'].every((verb) => verbs.includes(verb)),
      )
      .map(({ resource }) => `${root}/${resource}`);
  });
}
