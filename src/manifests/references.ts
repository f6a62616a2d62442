import type { KubeObject } from '../domain/object.ts';
import { containersOf, fieldsAt, itemsAt, podTemplateOf, type Fields } from './pods.ts';

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

/** Every ConfigMap and Secret key that the workload's pods see: volumes, projected volumes, envFrom and env. imagePullSecrets are no configuration. */
export function configUsesOf(object: KubeObject): ConfigUse[] {
  const volumes = itemsAt(fieldsAt(podTemplateOf(object), 'spec'), 'volumes');
  return [
    ...volumes.flatMap((volume) => [
      ...ofSource('ConfigMap', fieldsAt(volume, 'configMap'), 'name'),
      ...ofSource('Secret', fieldsAt(volume, 'secret'), 'secretName'),
      ...itemsAt(fieldsAt(volume, 'projected'), 'sources').flatMap((source) => [
        ...ofSource('ConfigMap', fieldsAt(source, 'configMap'), 'name'),
        ...ofSource('Secret', fieldsAt(source, 'secret'), 'name'),
      ]),
    ]),
    ...containersOf(object).flatMap(usesOfEnvironment),
  ];
}

/** A volume source; `items` narrows it to some keys; to the kubelet an empty list means all of them. */
function ofSource(kind: ConfigUse['kind'], source: Fields, nameField: string): ConfigUse[] {
  const name = source[nameField];
  if (typeof name !== 'string') return [];
  const items = itemsAt(source, 'items');
  if (items.length === 0) return [{ kind, name }];
  return items.flatMap(({ key }) => (typeof key === 'string' ? [{ kind, name, key }] : []));
}

function usesOfEnvironment(container: Fields): ConfigUse[] {
  const whole = itemsAt(container, 'envFrom').flatMap((source) => [
    ...ofSource('ConfigMap', fieldsAt(source, 'configMapRef'), 'name'),
    ...ofSource('Secret', fieldsAt(source, 'secretRef'), 'name'),
  ]);
  const single = itemsAt(container, 'env').flatMap((variable) => [
    ...ofKey('ConfigMap', fieldsAt(variable, 'valueFrom', 'configMapKeyRef')),
    ...ofKey('Secret', fieldsAt(variable, 'valueFrom', 'secretKeyRef')),
  ]);
  return [...whole, ...single];
}

function ofKey(kind: ConfigUse['kind'], reference: Fields): ConfigUse[] {
  const { name, key } = reference;
  return typeof name === 'string' && typeof key === 'string' ? [{ kind, name, key }] : [];
}
