import type { FieldOwner } from './field-owner.ts';
import { FIELD_MANAGER } from './stamps.ts';

/** A set of fields as the API server writes it: `f:name`, `k:{…}`, `v:…`; leaves are empty. */
export type Fields = { [part: string]: Fields };

interface Metadata {
  managedFields?: FieldOwner[] | undefined;
  annotations?: Record<string, string> | undefined;
}

const IGNORE_FIELDS = 'ordo.dev/ignore-fields';
const REPLICAS = ['f:spec', 'f:replicas'];

/**
 * A short text for the set of fields that Ordo owns of an object: another one as soon as anybody changes or removes a field
 * that Ordo stated, because that takes it out of the set; the same whatever happens to all other fields. `''` when Ordo
 * owns nothing. How many pods there are stands behind the digest: `r` as Ordo stated it, `s` when an autoscaler took it over.
 *
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 *
 * @param digest 16 hex digits of a text
 */
export function ownedMark(
  { managedFields = [], annotations = {} }: Metadata,
  digest: (text: string) => string,
): string {
  const own = ownFields(managedFields);
  if (own === undefined) return '';
  const ignored = (annotations[IGNORE_FIELDS] ?? '').split(',').map((path) => path.trim().split('.').map(asPart));
  const left = [...ignored, REPLICAS].reduce(without, own);
  const mark = digest(JSON.stringify(sorted(left)));
  if (ignored.some((path) => path.join() === REPLICAS.join())) return mark;
  return `${mark}${at(own, REPLICAS) ? 'r' : managedFields.some(isAutoscaler) ? 's' : ''}`;
}

/** Whether an object is as the mark says. That an autoscaler took over how many pods there are is no difference. */
export function isAsLeft(mark: string, live: string): boolean {
  return mark === live || (live.endsWith('s') && mark.endsWith('r') && mark.slice(0, -1) === live.slice(0, -1));
}

/** What Ordo owns by its applies. */
export function ownFields(owners: readonly FieldOwner[]): Fields | undefined {
  return owners.find(({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply')?.fieldsV1 as
    Fields | undefined;
}

/** Programs scale by the subresource; so does `kubectl scale`, which is a person. */
function isAutoscaler({ manager = '', subresource, fieldsV1 }: FieldOwner): boolean {
  return subresource === 'scale' && !manager.startsWith('kubectl') && at(fieldsV1 as Fields, REPLICAS) !== undefined;
}

const asPart = (name: string): string => `f:${name}`;

const at = (fields: Fields | undefined, path: readonly string[]): Fields | undefined =>
  path.reduce<Fields | undefined>((inner, part) => inner?.[part], fields);

/** Without the fields below a path, and without the parents that would be left empty. */
function without(fields: Fields, [part = '', ...rest]: readonly string[]): Fields {
  const { [part]: inner, ...others } = fields;
  if (inner === undefined || (rest.length > 0 && Object.keys(inner).length === 0)) return fields;
  const left = rest.length === 0 ? {} : without(inner, rest);
  return Object.keys(left).length === 0 ? others : { ...others, [part]: left };
}

const sorted = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([part, inner]) => [part, sorted(inner)]),
  );
