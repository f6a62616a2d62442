import { FIELD_MANAGER } from './stamps.ts';

/** Fields that people want left alone (`ordo.dev/ignore-fields`), as dotted paths that lead through mappings only. */
type Fields = Record<string, unknown>;

interface Owned {
  metadata?: { managedFields?: { manager?: string; operation?: string; fieldsV1?: unknown }[] };
}

/** A copy without these fields; mappings on the way stay, even if nothing is left in them. */
export function withoutFields<T extends object>(object: T, paths: readonly string[]): T {
  return paths.reduce<T>((rest, path) => changed(rest as Fields, path.split('.'), undefined) as T, object);
}

/**
 * What to send so that these fields stay as they are in the cluster. A field that Ordo owns there (it made the object
 * with it) must be sent as it is now: the API server takes a field whose last owner does not send it for removed, and
 * puts the default in its place (1 for `spec.replicas`). A field that Ordo does not own is not sent.
 *
 * @param all send all of them: the object is made anew
 */
export function leftAlone<T extends object>(manifest: T, live: object, paths: readonly string[], all = false): T {
  return paths.reduce<T>((sent, path) => {
    const names = path.split('.');
    const value = all || isOwn(live, names) ? valueAt(live, names) : undefined;
    return changed(sent as Fields, names, value) as T;
  }, manifest);
}

/** The path leads into a list, where names mean nothing. */
export function leadsIntoList(object: object, path: string): boolean {
  const names = path.split('.');
  return names.some((_, depth) => Array.isArray(valueAt(object, names.slice(0, depth))));
}

/** With the value at the end of the path, or without the field when it is undefined. Copies only what it changes. */
function changed(fields: Fields, [name = '', ...rest]: readonly string[], value: unknown): Fields {
  const { [name]: inner, ...others } = fields;
  if (rest.length === 0) return value === undefined ? others : { ...fields, [name]: value };
  if (!isFields(inner) && (value === undefined || inner !== undefined)) return fields;
  return { ...fields, [name]: changed(isFields(inner) ? inner : {}, rest, value) };
}

/** Who owns what: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
function isOwn(live: Owned, names: readonly string[]): boolean {
  const entries = live.metadata?.managedFields ?? [];
  const path = names.map((name) => `f:${name}`);
  return entries.some(
    ({ manager, operation, fieldsV1 }) =>
      manager === FIELD_MANAGER && operation === 'Apply' && valueAt(fieldsV1, path) !== undefined,
  );
}

function valueAt(value: unknown, names: readonly string[]): unknown {
  return names.reduce<unknown>((at, name) => (isFields(at) && Object.hasOwn(at, name) ? at[name] : undefined), value);
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
