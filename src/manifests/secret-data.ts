import type { KubeObject } from '../domain/object.ts';
import { toBase64 } from './base64.ts';
import { fieldsAt, type Fields } from './pods.ts';

/** The `stringData` of a Secret as the `data` that it becomes, by key; a value that is no text stays as it is. */
export function textsAsData(object: object): Fields {
  const texts = Object.entries(fieldsAt(object, 'stringData'));
  return Object.fromEntries(texts.map(([key, text]) => [key, typeof text === 'string' ? toBase64(text) : text]));
}

/**
 * A Secret with its `stringData` as the `data` that it becomes. The API server does that too, but then nobody owns the fields
 * of `data`: who changes them by hand would not be seen.
 */
export function withPlainData(object: KubeObject): KubeObject {
  const { stringData: _texts, ...rest } = object;
  const texts = Object.values(fieldsAt(object, 'stringData'));
  const isUsable = texts.length > 0 && texts.every((text) => typeof text === 'string');
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1' || !isUsable) return object;
  return { ...rest, data: { ...fieldsAt(object, 'data'), ...textsAsData(object) } } as KubeObject;
}
