import { idOf, type Identity } from '../domain/identity.ts';
import { isWorkload } from '../domain/kinds.ts';
import type { Found } from './field-paths.ts';
import type { Manifest } from './manifest.ts';
import { fieldsAt, isFields, itemsAt, podTemplateOf, type Fields } from './pods.ts';
import { referencesOf, selectorsOf } from './references.ts';
import { USES, type UseRule } from './uses.ts';

/** What the graph is made from, and what its nodes are. */
export type Node = Pick<Manifest, 'id' | 'identity' | 'kind' | 'object' | 'source' | 'order'>;

/** One object uses another one. */
export interface Use {
  /** Ids of the user and of what it uses, which need not be in the set. */
  from: string;
  to: string;
  target: Identity;
  /** Where the user says so. */
  field: string;
  optional: boolean;
  rule: UseRule;
}

/** Who uses whom among the objects of a set; ids as keys. */
export interface Graph {
  nodes: ReadonlyMap<string, Node>;
  uses: ReadonlyMap<string, readonly Use[]>;
  usedBy: ReadonlyMap<string, readonly Use[]>;
  /** Label selectors that choose nothing in the set. */
  idle: readonly { from: string; field: string; rule: UseRule }[];
}

/** @param rules with another entry the graph knows another kind of reference */
export function graphOf(set: readonly Node[], rules: readonly UseRule[] = USES): Graph {
  const nodes = new Map(set.map((one) => [one.id, one]));
  const workloads = Map.groupBy(
    set.filter(({ identity }) => isWorkload(identity)),
    ({ identity }) => identity.namespace,
  );
  const idle: { from: string; field: string; rule: UseRule }[] = [];
  const all: Use[] = [];
  for (const one of set) {
    const from = one.id;
    for (const { to, ...reference } of referencesOf(one, rules)) {
      all.push({ from, to: idOf(to), target: to, ...reference });
    }
    for (const place of selectorsOf(one, rules)) {
      const { field, rule } = place;
      const chosen = chosenBy(place, one, workloads.get(one.identity.namespace) ?? []);
      if (chosen?.length === 0) idle.push({ from, field, rule });
      for (const { id, identity } of chosen ?? [])
        all.push({ from, to: id, target: identity, field, optional: true, rule });
    }
  }
  return { nodes, uses: Map.groupBy(all, ({ from }) => from), usedBy: Map.groupBy(all, ({ to }) => to), idle };
}

/** The workloads whose pods a selector chooses; undefined: it chooses none on purpose, or all of the namespace. */
function chosenBy({ value }: Found, { identity }: Node, workloads: readonly Node[]): readonly Node[] | undefined {
  if (!isFields(value)) return undefined;
  const selector = identity.kind === 'Service' ? { matchLabels: value } : value;
  const isEmpty =
    Object.keys(fieldsAt(selector, 'matchLabels')).length + itemsAt(selector, 'matchExpressions').length === 0;
  if (isEmpty) return identity.kind === 'Service' || workloads.length === 0 ? undefined : workloads;
  return workloads.filter(({ object }) => matches(selector, fieldsAt(podTemplateOf(object), 'metadata', 'labels')));
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements */
function matches(selector: Fields, labels: Fields): boolean {
  const equal = Object.entries(fieldsAt(selector, 'matchLabels')).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    itemsAt(selector, 'matchExpressions').every(({ key, operator, values }) => {
      const value = labels[String(key)];
      const isAmong = Array.isArray(values) && values.includes(value);
      switch (operator) {
        case 'In':
          return value !== undefined && isAmong;
        case 'NotIn':
          return !isAmong;
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}
