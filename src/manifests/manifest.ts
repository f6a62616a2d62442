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
  | { object: KubeObject; identity: Identity; kind: ResourceKind }
  | { reason: string; ids: string[]; unknownKind?: UnknownKind };

/** A kind that nobody serves, as far as it is known. */
export interface UnknownKind {
  apiVersion: string;
  group: string;
  kind: string;
}

/** Checks what every object must have, and writes the namespace into it (or takes it out of a cluster-scoped one). */
export function recognise(value: unknown, find: FindKind, defaultNamespace: string): Recognised {
  if (!isFields(value)) return unusable('not a Kubernetes object: expected a mapping');
  const { apiVersion, kind: kindName, metadata } = value;
  if (typeof apiVersion !== 'string' || !API_VERSION.test(apiVersion))
    return unusable('apiVersion is missing or no version');
  if (typeof kindName !== 'string' || kindName === '') return unusable('kind is missing');
  if (!isFields(metadata)) return unusable(`${kindName}: metadata is missing`);
  const { name, namespace, generateName } = metadata;
  if (name === undefined && generateName !== undefined) {
    return unusable(`${kindName}: generateName cannot be applied; give it a name`);
  }
  if (!isName(name)) return unusable(`${kindName}: metadata.name is missing or not a name`);
  const isUnset = namespace === undefined || namespace === null || namespace === '';
  if (!isUnset && !isName(namespace)) return unusable(`${kindName}/${name}: metadata.namespace is not a name`);

  const { group, version } = splitApiVersion(apiVersion);
  const own = isUnset ? defaultNamespace : namespace;
  const idIn = (place: string): string => idOf({ group, kind: kindName, namespace: place, name });
  const kind = find(group, kindName);
  if (kind === undefined) {
    const reason = `the cluster has no kind ${kindName} in ${apiVersion}, and no CRD in this folder makes it`;
    return { reason, ids: [idIn(own), idIn('')], unknownKind: { apiVersion, group, kind: kindName } };
  }
  const identity = { group, kind: kindName, namespace: kind.namespaced ? own : '', name };
  for (const field of ['labels', 'annotations']) {
    const map = metadata[field] ?? {};
    const isText = isFields(map) && Object.values(map).every((text) => typeof text === 'string');
    const reason = `${kindName}/${name}: metadata.${field} must map text to text (quote numbers and booleans)`;
    if (!isText) return unusable(reason, [idOf(identity)]);
    if (metadata[field] === null) delete metadata[field];
  }
  if (kind.namespaced) metadata['namespace'] = own;
  else delete metadata['namespace'];
  return { object: value as unknown as KubeObject, identity, kind: { ...kind, version } };
}

const unusable = (reason: string, ids: string[] = []): Recognised => ({ reason, ids });

/** `v1` or `apps/v1`; it becomes part of a path. */
const API_VERSION = /^([a-z0-9][a-z0-9.-]*\/)?[a-z0-9][a-z0-9-]*$/;

/** A name may be odd (RBAC allows `system:x`), but it becomes part of a path and of what people read. */
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value !== '.' && value !== '..' && !/[/%\p{Cc}]/u.test(value);

/** The items of a `List`, of Lists in it too; else the value itself. */
export function unpack(value: unknown): unknown[] {
  if (!isFields(value) || typeof value['kind'] !== 'string' || !value['kind'].endsWith('List')) return [value];
  return Array.isArray(value['items']) ? value['items'].flatMap(unpack) : [value];
}

/** Groups and plurals become parts of paths. */
const isDnsName = (value: unknown): value is string => typeof value === 'string' && /^[a-z0-9][a-z0-9.-]*$/.test(value);

/** The kinds that the CRDs among these values will make the cluster serve. */
export function kindsOfCrds(values: readonly unknown[]): ResourceKind[] {
  return values.filter(isFields).flatMap((value) => {
    const spec = value['kind'] === 'CustomResourceDefinition' && isFields(value['spec']) ? value['spec'] : undefined;
    const names = spec && isFields(spec['names']) ? spec['names'] : undefined;
    const { group, scope } = spec ?? {};
    const { kind, plural } = names ?? {};
    if (typeof kind !== 'string' || !isDnsName(group) || !isDnsName(plural)) return [];
    return [{ group, version: '', kind, plural, namespaced: scope === 'Namespaced' }];
  });
}
