import type { Identity } from '../domain/identity.ts';
import { isWorkload } from '../domain/kinds.ts';
import { splitApiVersion, type KubeObject } from '../domain/object.ts';
import { valuesAt, type Found } from './field-paths.ts';
import { isBuiltIn, isClusterWide } from './kubernetes-kinds.ts';
import type { Manifest } from './manifest.ts';
import { fieldsAt, itemsAt, podSpecPath, podTemplateOf, type Fields } from './pods.ts';
import { USES, type UseRule } from './uses.ts';

/** A key of a ConfigMap or Secret that a workload's pods read; without `key` all of them. */
export interface ConfigUse {
  kind: 'ConfigMap' | 'Secret';
  name: string;
  key?: string;
}

/** How an inventory names a use: `ConfigMap/name/key`; without a key, that the object is there at all. */
export const useOf = ({ kind, name }: ConfigUse, key = ''): string => `${kind}/${name}/${key}`;

/** Of all keys of a ConfigMap or Secret, with their hashes, those that a use sees. */
export function keysSeenBy(use: ConfigUse, all: Record<string, string>): Record<string, string> {
  const keys = Object.entries(all).filter(([key]) => use.key === undefined || use.key === key);
  return Object.fromEntries([['', ''] as const, ...keys].map(([key, hash]) => [useOf(use, key), hash]));
}

/** `Kind/name` of such a use. */
export const configurationOf = (use: string): string => use.split('/').slice(0, 2).join('/');

const CONFIGURATION = USES.filter(({ sort }) => sort === 'configuration');

/** Every ConfigMap and Secret key that the workload's pods see: volumes, projected volumes, envFrom and env. imagePullSecrets are no configuration. */
export function configUsesOf(object: KubeObject): ConfigUse[] {
  const spec = fieldsAt(podTemplateOf(object), 'spec');
  return CONFIGURATION.flatMap(({ at, to, keys }) => {
    const kind = to.slice(1) as ConfigUse['kind'];
    return valuesAt(spec, at).flatMap(({ value: name, beside }): ConfigUse[] => {
      if (typeof name !== 'string') return [];
      const named = keysNamed(beside, keys);
      return named === undefined ? [{ kind, name }] : named.map((key) => ({ kind, name, key }));
    });
  });
}

/** The keys that a use is narrowed to; undefined: all. To the kubelet an empty list of `items` means all of them. */
function keysNamed(beside: Fields, keys: UseRule['keys']): string[] | undefined {
  const items = keys === 'items' ? itemsAt(beside, 'items') : keys === 'key' ? [beside] : [];
  if (items.length === 0) return undefined;
  return items.flatMap(({ key }) => (typeof key === 'string' ? [key] : []));
}

/** One object's word that it uses another one. */
export interface Reference {
  to: Identity;
  /** Where it says so: `spec.template.spec.volumes[0].configMap.name`. */
  field: string;
  /** It does without. */
  optional: boolean;
  rule: UseRule;
}

type Referring = Pick<Manifest, 'identity' | 'kind' | 'object'>;

/** A kind that no cluster has by itself needs the CRD that makes it; named by the kind and not by a field. */
const BY_KIND: UseRule = {
  from: '*',
  at: 'kind',
  to: 'apiextensions.k8s.io/CustomResourceDefinition',
  sort: 'needs',
  without: 'the API server does not take it',
};

/** What the object names, by the table and by its kind; label selectors name nothing, `selectorsOf` has them. */
export function referencesOf(one: Referring, rules: readonly UseRule[] = USES): Reference[] {
  const references = rulesFor(one, rules)
    .filter((rule) => rule.sort !== 'selects')
    .flatMap((rule) => found(one, rule).flatMap((place) => referenceAt(place, rule, one.identity) ?? []));
  const { group, kind, plural } = one.kind;
  if (isBuiltIn(group, kind)) return references;
  const to = { ...split(BY_KIND.to), namespace: '', name: `${plural}.${group}` };
  return [...references, { to, field: 'kind', optional: false, rule: BY_KIND }];
}

/** Where the object chooses pods by their labels. */
export function selectorsOf(one: Referring, rules: readonly UseRule[] = USES): (Found & { rule: UseRule })[] {
  const selecting = rulesFor(one, rules).filter((rule) => rule.sort === 'selects');
  return selecting.flatMap((rule) => found(one, rule).map((place) => ({ ...place, rule })));
}

const byKind = new WeakMap<readonly UseRule[], Map<string, readonly UseRule[]>>();

/** The entries for objects of this kind, looked for once. */
function rulesFor({ identity }: Referring, rules: readonly UseRule[]): readonly UseRule[] {
  const known = byKind.get(rules) ?? new Map<string, readonly UseRule[]>();
  byKind.set(rules, known);
  const name = `${identity.group}/${identity.kind}`;
  const meant = known.get(name) ?? rules.filter(({ from }) => isFrom(from, name, isWorkload(identity)));
  known.set(name, meant);
  return meant;
}

const isFrom = (from: UseRule['from'], name: string, runsPods: boolean): boolean =>
  from === '*' || (from === 'pods' ? runsPods : [from].flat().includes(name));

function found({ object }: Referring, { from, at }: UseRule): Found[] {
  if (from !== 'pods') return valuesAt(object as Fields, at);
  return valuesAt(fieldsAt(podTemplateOf(object), 'spec'), at, podSpecPath(object));
}

function referenceAt({ value, beside, field }: Found, rule: UseRule, user: Identity): Reference | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const target = rule.to === 'said' ? said(beside) : split(rule.to);
  if (target === undefined) return undefined;
  const own = typeof beside['namespace'] === 'string' ? beside['namespace'] : user.namespace;
  const namespace = isClusterWide(`${target.group}/${target.kind}`) ? '' : own;
  return { to: { ...target, namespace, name: value }, field, optional: beside['optional'] === true, rule };
}

/** `kind` beside `apiGroup` (or `apiVersion`); of users and groups there are no objects. */
function said({ kind, apiGroup, apiVersion }: Fields): Pick<Identity, 'group' | 'kind'> | undefined {
  if (typeof kind !== 'string' || kind === 'User' || kind === 'Group') return undefined;
  if (typeof apiVersion === 'string') return { group: splitApiVersion(apiVersion).group, kind };
  return { group: typeof apiGroup === 'string' ? apiGroup : '', kind };
}

function split(name: string): Pick<Identity, 'group' | 'kind'> {
  const slash = name.lastIndexOf('/');
  return { group: name.slice(0, slash), kind: name.slice(slash + 1) };
}
