import type { Identity } from '../domain/identity.ts';

/** What people type: `Kind/name` or `Kind/namespace/name`. */
export interface Wanted {
  kind: string;
  /** undefined: any, or none. */
  namespace?: string;
  name: string;
}

/** The object that is meant, or the names of those that it may have been. */
export type Meant<T> = { found: T } | { several: T[] } | { nearest: T[] };

/** As kubectl's users know them: https://kubernetes.io/docs/reference/kubectl/#resource-types */
const SHORT: Record<string, string> = {
  ...{ cj: 'cronjob', cm: 'configmap', crd: 'customresourcedefinition', crds: 'customresourcedefinition' },
  ...{ deploy: 'deployment', ds: 'daemonset', ep: 'endpoints', hpa: 'horizontalpodautoscaler', ing: 'ingress' },
  ...{ netpol: 'networkpolicy', ns: 'namespace', pc: 'priorityclass', pdb: 'poddisruptionbudget', po: 'pod' },
  ...{ pv: 'persistentvolume', pvc: 'persistentvolumeclaim', rs: 'replicaset', sa: 'serviceaccount' },
  ...{ sc: 'storageclass', sts: 'statefulset', svc: 'service' },
};

/** At most so many are named when none is meant. */
const NEAREST = 3;

/** undefined: it is no name of an object. */
export function parseWanted(text: string): Wanted | undefined {
  const [kind = '', ...rest] = text.split('/');
  const name = rest.at(-1) ?? '';
  if (kind === '' || name === '' || rest.length > 2) return undefined;
  return { kind, name, ...(rest.length === 2 && { namespace: rest[0] ?? '' }) };
}

/** Whether a kind is meant by what was typed: its name, its plural or its short name, in any case. */
export function isKind(typed: string, kind: string): boolean {
  const wanted = typed.toLowerCase();
  const name = kind.toLowerCase();
  const plurals = [`${name}s`, `${name}es`, name.replace(/y$/, 'ies')];
  return (SHORT[wanted] ?? wanted) === name || plurals.includes(wanted);
}

/** Among several: one whose name is the same; else the only one whose name begins like that. */
export function findObject<T extends Pick<Identity, 'kind' | 'namespace' | 'name'>>(
  { kind, namespace, name }: Wanted,
  among: readonly T[],
): Meant<T> {
  const fitting = among.filter(
    (one) => isKind(kind, one.kind) && (namespace === undefined || one.namespace === namespace),
  );
  const same = fitting.filter((one) => one.name === name);
  const meant = same.length > 0 ? same : fitting.filter((one) => one.name.startsWith(name));
  const [only] = meant;
  if (only !== undefined) return meant.length === 1 ? { found: only } : { several: meant };
  const most = Math.max(3, name.length / 2);
  const nearby = among.filter((one) => Math.abs(one.name.length - name.length) <= most);
  const far = (one: T): number => (isKind(kind, one.kind) ? 0 : 3) + distance(name, one.name);
  const sorted = nearby.map((one) => ({ one, far: far(one) })).toSorted((a, b) => a.far - b.far);
  const nearest = sorted.filter((one) => one.far <= most).map(({ one }) => one);
  return { nearest: nearest.slice(0, NEAREST) };
}

/**
 * Of these names (`Kind/name`, `Kind/namespace/name`) the only one that is meant: its kind as kubectl takes it, its namespace left
 * out or not. The name in full, since something is done about what is found.
 */
export function findName(typed: string, names: readonly string[]): string | undefined {
  if (names.includes(typed)) return typed;
  const wanted = parseWanted(typed);
  if (wanted === undefined) return undefined;
  const fitting = names.filter((text) => {
    const one = parseWanted(text);
    const isThere = wanted.namespace === undefined || wanted.namespace === one?.namespace;
    return one?.name === wanted.name && isThere && isKind(wanted.kind, one.kind);
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** How many letters are to be changed, put in or left out (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [at, letter] of a.split('').entries()) {
    const next = [at + 1];
    for (const [index, other] of b.split('').entries()) {
      const change = (row[index] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
