import { isFields, type Fields } from './pods.ts';

/** A value at the end of a path, the mapping that it stands in, and where that is: `spec.volumes[2].configMap.name`. */
export interface Found {
  value: unknown;
  beside: Fields;
  field: string;
}

interface Part {
  names: readonly string[];
  isList: boolean;
}

const parsed = new Map<string, readonly Part[]>();

/**
 * Every value at a path such as `volumes[].secret.secretName`: `[]` stands for each item of a list, `a|b` for both fields,
 * `[example.com/x]` behind a name for a field with dots. What has another shape is the API server's to refuse, and is not found.
 *
 * @param at where `value` stands itself, for people
 */
export function valuesAt(value: Fields, path: string, at = ''): Found[] {
  let parts = parsed.get(path);
  if (parts === undefined) parsed.set(path, (parts = parse(path)));
  const found: Found[] = [];
  collect(value, parts, 0, at, found);
  return found;
}

function parse(path: string): Part[] {
  return [...path.matchAll(/([^.[\]]+)(\[\])?|\[([^\]]+)\]/g)].map(([, names, list, key]) => ({
    names: key === undefined ? (names ?? '').split('|') : [key],
    isList: list !== undefined,
  }));
}

function collect(beside: Fields, parts: readonly Part[], depth: number, at: string, found: Found[]): void {
  const part = parts[depth];
  if (part === undefined) return;
  for (const name of part.names) {
    const value = beside[name];
    if (value === undefined || value === null) continue;
    const field = name.includes('.') ? `${at}[${name}]` : at === '' ? name : `${at}.${name}`;
    const places: [unknown, string][] = !part.isList
      ? [[value, field]]
      : Array.isArray(value)
        ? value.map((item: unknown, index) => [item, `${field}[${index}]`])
        : [];
    for (const [inner, place] of places) {
      if (depth === parts.length - 1) found.push({ value: inner, beside, field: place });
      else if (isFields(inner)) collect(inner, parts, depth + 1, place, found);
    }
  }
}
