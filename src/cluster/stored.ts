import type { z } from 'zod';
import { StateError } from './config-maps.ts';

/** The version that this Ordo writes, of all that it stores. */
const VERSION = 1;

/** Throws StateError for what a newer version wrote: it knows what this one would lose. */
export function refuseNewer(what: string, stored: unknown): void {
  const { version } = (typeof stored === 'object' && stored !== null ? stored : {}) as { version?: unknown };
  if (typeof version !== 'number' || version <= VERSION) return;
  throw new StateError(`a newer Ordo wrote ${what} (version ${version}, this one knows ${VERSION}): run that one`);
}

/** Something stored, by its schema; throws StateError that says what it is, and `way`, how to go on. */
export function readStored<T>(schema: z.ZodType<T>, stored: unknown, { what, way }: { what: string; way: string }): T {
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  refuseNewer(what, stored);
  throw new StateError(`${what} cannot be read (${firstIssue(parsed.error)}): ${way}`);
}

/** Where it differs first, as `objects.3.hash: Invalid input …`. */
export function firstIssue({ issues: [first] }: z.ZodError): string {
  return first === undefined
    ? 'it is something else'
    : [first.path.join('.'), first.message].filter(Boolean).join(': ');
}
