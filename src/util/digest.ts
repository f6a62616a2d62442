import { createHash } from 'node:crypto';

/** 16 hex digits of SHA-256: enough to see that something is another thing, not to prove it. */
export const shortDigest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
