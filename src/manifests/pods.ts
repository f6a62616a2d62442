import type { KubeObject } from '../domain/object.ts';

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Text for people of a field that should be text: `String` throws on an object whose `toString` is no function. */
export const asText = (value: unknown): string => (typeof value === 'string' ? value : typeof value);

/** The field's value when it is a mapping, else an empty one: manifests may hold anything anywhere. */
export function fieldsAt(value: unknown, ...path: string[]): Fields {
  let at = value;
  for (const name of path) at = isFields(at) ? at[name] : undefined;
  return isFields(at) ? at : {};
}

/** The mappings in a list field; anything else in it is the API server's to refuse. */
export function itemsAt(value: Fields, name: string): Fields[] {
  const list = value[name];
  return Array.isArray(list) ? list.filter(isFields) : [];
}

/** Where a workload has its pod template; a Pod is its own. */
function podTemplatePath({ kind }: KubeObject): string[] {
  if (kind === 'Pod') return [];
  return kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
}

/** The pod template of a workload (`{ metadata, spec }`). */
export const podTemplateOf = (object: KubeObject): Fields => fieldsAt(object, ...podTemplatePath(object));

/** The path to the spec of its pods, as people write it. */
export const podSpecPath = (object: KubeObject): string => [...podTemplatePath(object), 'spec'].join('.');

export function containersOf(object: KubeObject): Fields[] {
  const spec = fieldsAt(podTemplateOf(object), 'spec');
  return [...itemsAt(spec, 'initContainers'), ...itemsAt(spec, 'containers')];
}
