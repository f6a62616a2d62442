import type { InventoryObject } from '../../src/domain/inventory.ts';
import { idOf } from '../../src/domain/identity.ts';
import type { KubeObject } from '../../src/domain/object.ts';
import { ANNOTATION_HASH, ANNOTATION_ROLLOUT } from '../../src/domain/stamps.ts';
import type { Site } from './site.ts';

type Labels = Record<string, string>;

const KINDS = 'configmaps,secrets,serviceaccounts,services,deployments,statefulsets,daemonsets,cronjobs,jobs';

/** What a namespace holds in the end, without what differs from one namespace or run to the next. */
export interface EndState {
  /** By `Kind/name`, with a hash that says only whether it is the one that the inventory has. */
  objects: Record<string, unknown>;
  /** `instance` labels of the pods. */
  pods: string[];
  inventory: unknown[];
}

/** @param names what is taken out of the texts: the namespace's own name and the commit */
export async function endStateOf(site: Site, namespace: string, names: readonly string[]): Promise<EndState> {
  const list = async (kinds: string): Promise<KubeObject[]> =>
    (JSON.parse(await site.kubectl('-n', namespace, 'get', kinds, '-o', 'json')) as { items: KubeObject[] }).items;
  const entries = (await site.inventory()).objects.filter((entry) => entry.namespace === namespace);
  const hashes = new Map(entries.map((entry) => [idOf(entry), entry.hash]));
  const objects = (await list(KINDS))
    .filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
    .map((object) => [`${object.kind}/${object.metadata.name}`, plain(object, hashes)] as const);
  const pods = (await list('pods')).map(({ metadata: { labels } }) =>
    String((labels as Labels | undefined)?.['instance']),
  );
  const state = {
    objects: Object.fromEntries(objects),
    pods: pods.toSorted((a, b) => a.localeCompare(b)),
    inventory: entries.map(withoutHashes).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1)),
  };
  const text = names.reduce((rest, name) => rest.replaceAll(name, 'NAME'), JSON.stringify(state));
  return JSON.parse(text) as EndState;
}

/** The generation stays: it counts the changes of a spec since the object was made. */
function plain({ apiVersion, metadata, ...rest }: KubeObject, hashes: ReadonlyMap<string, string>): unknown {
  const { name, labels, generation, finalizers, deletionTimestamp, ownerReferences } = metadata;
  const { [ANNOTATION_ROLLOUT]: _, [ANNOTATION_HASH]: hash, ...annotations } = metadata.annotations ?? {};
  const { status: __, spec, ...content } = rest;
  const { clusterIP: ___, clusterIPs: ____, ...specified } = (spec ?? {}) as Record<string, unknown>;
  const isRecorded = hash !== undefined && hash === hashes.get(metadata.annotations?.['ordo.dev/id'] ?? '');
  const kept = { name, labels, generation, finalizers, deletionTimestamp, ownerReferences };
  return { apiVersion, metadata: kept, annotations, isRecorded, spec: specified, ...content };
}

/** Hashes count in the namespace: only their presence is comparable. */
function withoutHashes({ hash, recreate, keys, ...entry }: InventoryObject) {
  return { ...entry, hash: hash !== '', recreate: recreate !== undefined, keys: Object.keys(keys ?? {}).sort() };
}
