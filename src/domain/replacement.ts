import type { Identity } from './identity.ts';
import { isKept } from './kinds.ts';

/** Why an object that the API server refuses to change in place stays as it is, and what to do about it. */
export function replacementHeld(identity: Identity): string {
  const wayOut = isKept(identity)
    ? `a ${identity.kind} is never replaced: take the change back, or delete it by hand`
    : 'ordo.dev/update: recreate allows to replace it';
  return `the API server refuses to change it in place: ${wayOut}`;
}
