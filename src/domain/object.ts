/** A Kubernetes object as it goes over the wire. Only what Ordo reads is typed; the rest passes untouched. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

/** A kind as the API server serves it: what turns an object into a path. */
export interface ResourceKind {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

/** API path of one object, or of the whole collection when `name` is left out. */
export function pathOf(kind: ResourceKind, namespace: string, name?: string): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope = kind.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${kind.plural}${object}`;
}

/** The way back: the kind that an object's path was made with. */
export function kindAt(
  path: string,
  { group, version, kind }: Pick<ResourceKind, 'group' | 'version' | 'kind'>,
): ResourceKind {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const parts = path.slice(root.length + 1).split('/');
  const namespaced = parts.length === 4;
  return { group, version, kind, plural: parts[namespaced ? 2 : 0] ?? '', namespaced };
}

/** `apps/v1` is group `apps`, version `v1`; `v1` is the core group. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}
