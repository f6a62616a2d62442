import { FIELD_MANAGER } from '../domain/stamps.ts';

/**
 * kubectl's arguments for objects on stdin. Server-side apply itself refuses unknown fields and wrong types, whatever the
 * field validation (which only adds a search for duplicate keys, and JSON.stringify writes none): `--validate=strict`
 * would fetch the OpenAPI documents at each start, which more than doubles it, and find nothing else.
 */
export function applyArguments(manager: string, print: readonly string[] = ['-o', 'name']): string[] {
  return [
    ...['apply', '--server-side', '--force-conflicts', `--field-manager=${manager}`, '--validate=false'],
    ...[...print, '-f', '-'],
  ];
}

/** One object is printed by itself, several as one list at the end: a line for each, and an empty one behind a list. */
const OWNERS = '{range .items[*]}{.metadata.managedFields}{"\\n"}{end}{.metadata.managedFields}{"\\n"}';

/**
 * Applies as Ordo, and prints who owns which fields of each object: as the API server answered this very apply, because
 * whoever changes a field a moment later is seen by that. `-v=6` logs each request, which tells whose a warning is.
 */
export const APPLY = applyArguments(FIELD_MANAGER, ['-o', `jsonpath=${OWNERS}`, '-v=6']);

/** The longest that one kubectl may take for so many objects, in ms. */
export const limitFor = (objects: number): number => 120_000 + 1_000 * objects;
