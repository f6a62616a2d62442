import type { FieldOwner } from './field-owner.ts';
import { ownFields, type Fields } from './owned.ts';
import { FIELD_MANAGER } from './stamps.ts';

/** A field that Ordo stated and does not own any more. */
export interface LostField {
  /** As people write it: `spec.template.spec.containers[main].image`. */
  path: string;
  /** Who owns it now; undefined: it was removed. */
  manager?: string;
  /** A list, or an item of one: what somebody put in its place stands beside Ordo's after an apply. */
  isListed?: true;
}

/** What is no field of anybody's, or is the object's name. */
const NOT_OWNED = new Set(['apiVersion', 'kind', 'metadata.name', 'metadata.namespace', 'status']);

/** The fields of a manifest that Ordo does not own, with who owns them now; in the manifest's order. */
export function lostFields(manifest: object, owners: readonly FieldOwner[]): LostField[] {
  const others = owners.filter(({ manager, operation }) => !(manager === FIELD_MANAGER && operation === 'Apply'));
  const lost: LostField[] = [];
  walk(manifest, ownFields(owners) ?? {}, { path: '', parts: [] });
  return lost;

  function walk(value: unknown, own: Fields | undefined, at: Place): void {
    if (NOT_OWNED.has(at.path) || value === null || value === undefined || isEmpty(value)) return;
    if (own === undefined) {
      const owner = others.find(
        ({ fieldsV1 }) => at.parts.reduce(inside, fieldsV1 as Fields | undefined) !== undefined,
      );
      const isListed = Array.isArray(value) || at.path.endsWith(']');
      lost.push({
        path: at.path,
        ...(isListed && { isListed }),
        ...(owner && { manager: owner.manager ?? 'somebody' }),
      });
      return;
    }
    // A leaf: it is owned as a whole.
    if (at.parts.length > 0 && Object.keys(own).length === 0) return;
    if (Array.isArray(value)) for (const item of value) walkItem(item, own, at);
    else if (typeof value === 'object') {
      for (const [name, inner] of Object.entries(value)) {
        const path = at.path === '' ? name : `${at.path}.${name}`;
        walk(inner, own[`f:${name}`], { path, parts: [...at.parts, `f:${name}`] });
      }
    }
  }

  function walkItem(item: unknown, own: Fields, at: Place): void {
    const part = Object.keys(own).find((one) => isItem(one, item)) ?? partIn(others, at.parts, item);
    const name = typeof item === 'object' && item !== null ? (item as { name?: unknown }).name : item;
    const path = `${at.path}[${typeof name === 'string' ? name : '…'}]`;
    walk(item, part === undefined ? undefined : own[part], { path, parts: [...at.parts, part ?? ''] });
  }
}

interface Place {
  path: string;
  parts: readonly string[];
}

const inside = (fields: Fields | undefined, part: string): Fields | undefined => fields?.[part];

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** How somebody else's set of fields names an item of a list. */
function partIn(others: readonly FieldOwner[], parts: readonly string[], item: unknown): string | undefined {
  const sets = others.map(({ fieldsV1 }) => parts.reduce(inside, fieldsV1 as Fields | undefined) ?? {});
  return sets.flatMap((fields) => Object.keys(fields)).find((part) => isItem(part, item));
}

/** Items are named by their key fields (`k:{"name":"main"}`), of which defaults are not in the manifest, or by their value. */
function isItem(part: string, item: unknown): boolean {
  if (part.startsWith('v:')) return part.slice(2) === JSON.stringify(item);
  if (!part.startsWith('k:') || typeof item !== 'object' || item === null) return false;
  const fields = item as Record<string, unknown>;
  return Object.entries(JSON.parse(part.slice(2)) as object).every(
    ([name, value]) => fields[name] === undefined || fields[name] === value,
  );
}
