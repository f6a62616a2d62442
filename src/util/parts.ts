import { gunzipSync, gzipSync } from 'node:zlib';

/** Kubernetes allows 1 MiB in a ConfigMap or Secret; base64 is not counted, metadata is. */
const PART_BYTES = 900 * 1024;

/** JSON as one gzip, cut into byte slices of at most `limit`; at least one slice. */
export function toParts(value: unknown, limit = PART_BYTES): Buffer[] {
  const bytes = gzipSync(JSON.stringify(value), { level: 6 });
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += limit) parts.push(bytes.subarray(at, at + limit));
  return parts;
}

/** The way back; throws when a slice is missing or damaged (gzip carries a CRC-32 and a length). Output is bounded to 512 MiB. */
export function fromParts(parts: readonly Uint8Array[]): unknown {
  return JSON.parse(gunzipSync(Buffer.concat(parts), { maxOutputLength: 512 * 1024 * 1024 }).toString('utf8'));
}
