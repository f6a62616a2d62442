import type { Identity } from './identity.ts';
import { isKept } from './kinds.ts';

/** Why an object that the API server refuses to change in place stays as it is, and what to do about it. */
export function replacementHeld(identity: Identity): string {
  const wayOut = isKept(identity)
    ? `a ${identity.kind} is never replaced: take the change back, or delete it by hand`
    : 'ordo.dev/update: recreate allows to replace it';
  return `the API server refuses to change it in place: ${wayOut}`;
}

/** Why an object that Ordo did not make stays as it is, and what to do about it. */
export function foreignHeld(identity: Identity): string {
  const wayOut = isKept(identity)
    ? 'delete it by hand, or put into Git what is there'
    : 'ordo.dev/update: recreate allows to replace it';
  return `it was not made by Ordo and differs in what cannot change in place: ${wayOut}`;
}
