import type { IncomingMessage } from 'node:http';
import type { Repository } from './repositories.ts';

/** Who asks: nobody in particular, a token that GitHub knows, or credentials that it does not know. */
export type Caller = { kind: 'anonymous' } | { kind: 'token'; token: string } | { kind: 'unknown' };

interface TokenOptions {
  repositories?: string[];
  /** Of a classic token; GitHub names none of others. */
  scopes?: string[];
  expires?: Date;
}

export interface Access {
  /** `repositories` as 'owner/name'; all when left out. */
  addToken: (token: string, options?: TokenOptions) => void;
  removeToken: (token: string) => void;
  caller(request: IncomingMessage): Caller;
  mayRead(caller: Caller, repository: Repository): boolean;
  /** What the heads of answers say of the caller's token. */
  headers(caller: Caller): Record<string, string>;
}

/** The tokens and what they may read. Public repositories are for everybody. */
export function createAccess(): Access {
  const tokens = new Map<string, { readable: Set<string> | 'all'; headers: Record<string, string> }>();
  return {
    addToken(token, { repositories, scopes, expires } = {}) {
      const readable = repositories === undefined ? 'all' : new Set(repositories.map((name) => name.toLowerCase()));
      const headers = {
        ...(scopes && { 'x-oauth-scopes': scopes.join(', '), 'x-accepted-oauth-scopes': '' }),
        ...(expires && { 'github-authentication-token-expiration': timeOf(expires) }),
      };
      tokens.set(token, { readable, headers });
    },
    removeToken(token) {
      tokens.delete(token);
    },
    caller(request) {
      if (request.headers.authorization === undefined) return { kind: 'anonymous' };
      const token = shownToken(request);
      return token !== undefined && tokens.has(token) ? { kind: 'token', token } : { kind: 'unknown' };
    },
    mayRead(caller, { owner, name, private: isPrivate }) {
      if (!isPrivate) return true;
      if (caller.kind !== 'token') return false;
      const readable = tokens.get(caller.token)?.readable;
      return readable === 'all' || (readable?.has(`${owner}/${name}`.toLowerCase()) ?? false);
    },
    headers: (caller) => (caller.kind === 'token' ? (tokens.get(caller.token)?.headers ?? {}) : {}),
  };
}

/** `2026-12-04 10:31:00 UTC` */
const timeOf = (date: Date): string => `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** GitHub takes `Bearer TOKEN`, `token TOKEN` and Basic with the token as password (or as name, with no password). */
export function shownToken({ headers }: IncomingMessage): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+)\s+(\S+)$/.exec(headers.authorization ?? '') ?? [];
  if (/^(bearer|token)$/i.test(scheme)) return value;
  if (!/^basic$/i.test(scheme)) return undefined;
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(value, 'base64').toString()) ?? [];
  return password === '' || password === 'x-oauth-basic' ? name : password;
}
