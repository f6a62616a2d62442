import type { KubeObject } from '../domain/object.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { fieldsAt, isFields } from './pods.ts';

const PLACEHOLDER = 'pull_ghcr_image_token';
const KEY = '.dockerconfigjson';

/** The token as set, and for whom: `user` and `registry` make a docker config from a plain token. */
export interface PullCredential {
  token: string | undefined;
  user: string;
  registry: string;
}

/** Where the placeholder may stand, and how the credential is written there. */
const ENCODINGS: [field: string, encode: (text: string) => string][] = [
  ['data', toBase64],
  ['stringData', (text) => text],
];

export const wantsCredential = (object: KubeObject): boolean =>
  object.kind === 'Secret' && ENCODINGS.some(([field]) => fieldsAt(object, field)[KEY] === PLACEHOLDER);

/** Puts the pull credential in place of the placeholders of a Secret that wants it, in place. Answers why it cannot, or nothing. */
export function injectCredential(object: KubeObject, credential: PullCredential): string | undefined {
  for (const [field, encode] of ENCODINGS) {
    const values = fieldsAt(object, field);
    if (values[KEY] !== PLACEHOLDER) continue;
    const config = dockerConfig(credential);
    if (config === undefined) return 'it wants the pull credential, but no pull-ghcr-image-token (or token) is set';
    values[KEY] = encode(config);
  }
  return undefined;
}

/** DORIS users keep the whole docker config, base64, often broken into lines; a plain token is wrapped into one. */
function dockerConfig({ token, user, registry }: PullCredential): string | undefined {
  if (token === undefined) return undefined;
  const decoded = decode(token.replaceAll(/\s/g, ''));
  if (decoded !== undefined) return decoded;
  return JSON.stringify({
    auths: { [registry]: { username: user, password: token, auth: toBase64(`${user}:${token}`) } },
  });
}

function decode(text: string): string | undefined {
  try {
    const config = fromBase64(text);
    const parsed: unknown = JSON.parse(config);
    return isFields(parsed) && isFields(parsed['auths']) ? config : undefined;
  } catch {
    return undefined;
  }
}
