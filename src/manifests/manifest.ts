import { idOf, type Identity } from '../domain/identity.ts';
import { splitApiVersion, type KubeObject, type ResourceKind } from '../domain/object.ts';
import type { Order } from '../domain/order.ts';
import { isFields } from './pods.ts';
import type { Policy } from './policy.ts';

/** One Kubernetes object as read from a file, placed, cleaned and with its namespace written in. */
export interface Manifest {
  id: string;
  identity: Identity;
  kind: ResourceKind;
  /** Path of its file in the repository. */
  source: string;
  order: Order;
  object: KubeObject;
  policy: Policy;
}

/** Finds a kind by API group and name: what the cluster serves, and what CRDs in the repository will make it serve. */
export type FindKind = (group: string, kind: string) => ResourceKind | undefined;

/** What could be learned of an object that may not be usable: ids that it could have, so that it is not taken for removed. */
export type Recognised =
  { object: KubeObject; identity: Identity; kind: ResourceKind } | { reason: string; ids: string[] };

/** Checks what every object must have, and writes the namespace into it (or takes it out of a cluster-scoped one). */
export function recognise(value: unknown, find: FindKind, defaultNamespace: string): Recognised {
  if (!isFields(value)) return { reason: 'not a Kubernetes object: expected a mapping', ids: [] };
  const { apiVersion, kind: kindName, metadata } = value;
  if (typeof apiVersion !== 'string' || apiVersion === '') return { reason: 'apiVersion is missing', ids: [] };
  if (typeof kindName !== 'string' || kindName === '') return { reason: 'kind is missing', ids: [] };
  if (!isFields(metadata)) return { reason: `${kindName}: metadata is missing`, ids: [] };
  const { name, namespace, generateName } = metadata;
  if (name === undefined && generateName !== undefined) {
    return { reason: `${kindName}: generateName cannot be applied; give it a name`, ids: [] };
  }
  if (!isName(name)) return { reason: `${kindName}: metadata.name is missing or not a name`, ids: [] };
  if (namespace !== undefined && namespace !== null && !isName(namespace)) {
    return { reason: `${kindName}/${name}: metadata.namespace is not a name`, ids: [] };
  }
  for (const field of ['labels', 'annotations']) {
    const map = metadata[field] ?? {};
    const broken = !isFields(map) || Object.values(map).some((text) => typeof text !== 'string');
    if (broken)
      return {
        reason: `${kindName}/${name}: metadata.${field} must map text to text (quote numbers and booleans)`,
        ids: [],
      };
    if (metadata[field] === null) delete metadata[field];
  }

  const { group, version } = splitApiVersion(apiVersion);
  const own = isName(namespace) ? namespace : defaultNamespace;
  const kind = find(group, kindName);
  if (kind === undefined) {
    const either = [own, ''].map((place) => idOf({ group, kind: kindName, namespace: place, name }));
    return {
      reason: `the cluster has no kind ${kindName} in ${apiVersion}, and no CRD in this folder makes it`,
      ids: either,
    };
  }
  const identity = { group, kind: kindName, namespace: kind.namespaced ? own : '', name };
  if (kind.namespaced) metadata['namespace'] = own;
  else delete metadata['namespace'];
  return { object: value as unknown as KubeObject, identity, kind: { ...kind, version } };
}

/** A name may be odd (RBAC allows `system:x`), but it becomes part of a path. */
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value !== '.' && value !== '..' && !/[/%]/.test(value);

/** The items of a `List`, else the value itself. */
export function unpack(value: unknown): unknown[] {
  if (!isFields(value) || typeof value['kind'] !== 'string' || !value['kind'].endsWith('List')) return [value];
  return Array.isArray(value['items']) ? value['items'] : [value];
}

/** The kinds that the CRDs among these values will make the cluster serve. */
export function kindsOfCrds(values: readonly unknown[]): ResourceKind[] {
  return values.filter(isFields).flatMap((value) => {
    const spec = value['kind'] === 'CustomResourceDefinition' && isFields(value['spec']) ? value['spec'] : undefined;
    const names = spec && isFields(spec['names']) ? spec['names'] : undefined;
    const { group, scope } = spec ?? {};
    const { kind, plural } = names ?? {};
    if (typeof group !== 'string' || typeof kind !== 'string' || typeof plural !== 'string') return [];
    return [{ group, version: '', kind, plural, namespaced: scope === 'Namespaced' }];
  });
}
