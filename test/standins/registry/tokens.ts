import { createHash, createPrivateKey, createPublicKey, randomUUID, sign } from 'node:crypto';

/** What a token allows: one repository and `pull`, `push`. */
export interface Grant {
  repository: string;
  actions: readonly string[];
}

export interface Signer {
  /** A bearer token that docker-registry takes for a few minutes. */
  sign(grants: readonly Grant[]): string;
}

const lifetime = 300;

/** Signs tokens as docker-registry wants them (the distribution project's token specification), with an EC P-256 key. */
export function createSigner({ key, issuer, service }: { key: string; issuer: string; service: string }): Signer {
  const privateKey = createPrivateKey(key);
  const header = { typ: 'JWT', alg: 'ES256', kid: keyId(key) };
  return {
    sign(grants) {
      const now = Math.floor(Date.now() / 1000);
      const access = grants.map(({ repository, actions }) => ({ type: 'repository', name: repository, actions }));
      const claims = { iss: issuer, sub: '', aud: service, exp: now + lifetime, nbf: now - 10, iat: now };
      const text = `${encode(header)}.${encode({ ...claims, jti: randomUUID(), access })}`;
      const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${text}.${signature.toString('base64url')}`;
    },
  };
}

// The id of a key in libtrust's form: SHA-256 of the public key (DER), its first 30 bytes in base32, in groups of four.
function keyId(key: string): string {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const text = base32(createHash('sha256').update(der).digest().subarray(0, 30));
  return (text.match(/.{4}/g) ?? []).join(':');
}

// RFC 4648, 6; 30 bytes need no padding.
function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return (bits.match(/.{5}/g) ?? []).map((five) => letters[Number.parseInt(five, 2)]).join('');
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
