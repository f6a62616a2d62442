import * as z from 'zod';
import type { Read } from './read.ts';

/** The object with this uid as it was before Ordo deleted it, without what only an API server writes. */
export const Copy = z.object({ uid: z.string(), object: z.looseObject({}) });
export type Copy = z.infer<typeof Copy>;

const SERVER_FIELDS = [
  ...['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink'],
  ...['deletionTimestamp', 'deletionGracePeriodSeconds'],
];

/**
 * What is left of an object for the day it is put back: Ordo's stamps stay, because it is the same version then.
 *
 * @param typed has its `apiVersion` and `kind`, which lists leave out
 */
export function copyOf(live: Read, { apiVersion, kind }: Record<string, unknown>): Copy {
  const { metadata, status: _status, ...fields } = structuredClone(live) as Read & Record<string, unknown>;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([field]) => !SERVER_FIELDS.includes(field)));
  const object: Record<string, unknown> = { apiVersion, kind, ...fields, metadata: kept };
  // A pod's place was the scheduler's word, its priority that of its class.
  if (kind === 'Pod') object['spec'] = withoutPlace(object['spec'] as Record<string, unknown>);
  return { uid: metadata.uid ?? '', object };
}

function withoutPlace({ nodeName: _nodeName, priority: _priority, ...spec }: Record<string, unknown>) {
  return spec;
}
