import type { KubeObject } from '../domain/object.ts';
import { toBase64 } from './base64.ts';
import { fieldsAt } from './pods.ts';

/**
 * A Secret with its `stringData` as the `data` that it becomes. The API server does that too, but then nobody owns the fields
 * of `data`: who changes them by hand would not be seen.
 */
export function withPlainData(object: KubeObject): KubeObject {
  const { stringData: _texts, ...rest } = object;
  const texts = Object.entries(fieldsAt(object, 'stringData'));
  const isUsable = texts.length > 0 && texts.every(([, text]) => typeof text === 'string');
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1' || !isUsable) return object;
  const data = Object.fromEntries(texts.map(([key, text]) => [key, toBase64(text as string)]));
  return { ...rest, data: { ...fieldsAt(object, 'data'), ...data } } as KubeObject;
}
