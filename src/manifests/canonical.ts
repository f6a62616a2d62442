import { isFields } from './pods.ts';

/** JSON with sorted keys: equal for equal values, whatever the order in the file. Nulls and undefined fields are left out, as an apply does. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (!isFields(inner)) return inner;
    // Without a prototype `__proto__` is a key like any other: ConfigMaps may have it.
    const sorted = Object.create(null) as Record<string, unknown>;
    for (const key of Object.keys(inner).sort()) if (inner[key] !== null) sorted[key] = inner[key];
    return sorted;
  });
}
