import { known, unknown, type Known } from '../domain/known.ts';
import type { TokenFacts } from '../domain/token.ts';
import { ExternalError } from '../util/errors.ts';
import { fingerprint } from './fingerprint.ts';
import type { Http } from './http.ts';

interface Where {
  apiUrl: string;
  caCertificates: string | undefined;
}

/**
 * What GitHub says of a token in the heads of its answers. Asks for the rate limit, which costs no quota and which every
 * token may do (https://docs.github.com/en/rest/rate-limit/rate-limit); a GitHub Enterprise without limits answers 404,
 * with the same heads. Throws only the signal's reason.
 */
export async function tokenFacts(
  http: Http,
  token: string,
  { apiUrl, caCertificates }: Where,
  signal: AbortSignal,
): Promise<Known<TokenFacts>> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json' };
  try {
    const answer = await http(`${apiUrl}/rate_limit`, { headers, caCertificates, quota: fingerprint(token), signal });
    const { status } = answer;
    if (![200, 401, 404].includes(status)) return unknown(`${new URL(apiUrl).host} answered ${status}`);
    return known({
      isGood: status !== 401,
      scopes: scopesIn(answer.headers.get('x-oauth-scopes')),
      expires: timeIn(answer.headers.get('github-authentication-token-expiration')),
    });
  } catch (error) {
    if (error instanceof ExternalError) return unknown(error.message);
    throw error;
  }
}

function scopesIn(header: string | undefined): string[] | undefined {
  return header
    ?.split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '');
}

/** `2026-12-04 10:31:00 UTC`, or with an offset such as `+0100`. */
function timeIn(header: string | undefined): Date | undefined {
  const [, day, time, zone = ''] =
    /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d) ?(UTC|Z|[+-]\d\d:?\d\d)$/.exec(header ?? '') ?? [];
  if (day === undefined) return undefined;
  const date = new Date(`${day}T${time}${zone.startsWith('U') ? 'Z' : zone}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
