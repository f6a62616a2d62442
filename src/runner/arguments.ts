import { FIELD_MANAGER } from '../domain/stamps.ts';

/**
 * kubectl's arguments for objects on stdin. Server-side apply itself refuses unknown fields and wrong types, whatever the
 * field validation (which only adds a search for duplicate keys, and JSON.stringify writes none): `--validate=strict`
 * would fetch the OpenAPI documents at each start, which more than doubles it, and find nothing else.
 */
export function applyArguments(manager: string): string[] {
  return [
    ...['apply', '--server-side', '--force-conflicts', `--field-manager=${manager}`, '--validate=false'],
    ...['-o', 'name', '-f', '-'],
  ];
}

export const APPLY = applyArguments(FIELD_MANAGER);

/** The longest that one kubectl may take for so many objects, in ms. */
export const limitFor = (objects: number): number => 120_000 + 1_000 * objects;
