import { createHash } from 'node:crypto';

/** Tells one token from another without keeping it: for keys of caches. */
export function fingerprint(token: string | undefined): string {
  return token === undefined ? 'anonymous' : createHash('sha256').update(token).digest('base64url').slice(0, 16);
}
