import * as z from 'zod';
import type { Clock } from '../util/clock.ts';
import { createCache } from '../util/cache.ts';
import { ExternalError } from '../util/errors.ts';
import { parseChallenge } from './challenge.ts';
import { fingerprint } from './fingerprint.ts';
import type { Http, HttpRequest } from './http.ts';
import type { TagQuery } from './image.ts';

// The two names for the same thing, and the default lifetime: https://distribution.github.io/distribution/spec/auth/token/
const TokenAnswer = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().positive().default(60),
});

// A token that ends while a request is under way would be refused.
const SLACK_MS = 10_000;

export interface RegistryTokens {
  /** The `Authorization` that the registry took before and that is still good. */
  cached(query: TagQuery): string | undefined;
  /** A new one by the registry's challenge; throws `ExternalError` saying what to do when it is refused. */
  obtain(
    query: TagQuery,
    challenge: string | null,
    request: Pick<HttpRequest, 'caCertificates' | 'signal'>,
  ): Promise<string>;
}

/** Bearer tokens by registry, repository and credential, kept until they end. */
export function createRegistryTokens({ http, clock }: { http: Http; clock: Clock }): RegistryTokens {
  const kept = createCache<{ authorization: string; until: number }>(1000);
  const keyOf = (query: TagQuery): string => `${query.registryUrl} ${query.repository} ${fingerprint(query.token)}`;
  return { cached, obtain };

  function cached(query: TagQuery): string | undefined {
    const entry = kept.get(keyOf(query));
    return entry !== undefined && entry.until > clock.now().getTime() ? entry.authorization : undefined;
  }

  async function obtain(
    query: TagQuery,
    header: string | null,
    request: Pick<HttpRequest, 'caCertificates' | 'signal'>,
  ) {
    const challenge = parseChallenge(header);
    const { host } = new URL(query.registryUrl);
    if (challenge === undefined) throw new ExternalError(`${host} asks for a login that Ordo does not know`);
    if (challenge.scheme === 'basic') {
      if (query.token === undefined) throw new ExternalError(refused(query));
      return keep(query, basic(query.account, query.token), 3600);
    }
    const url = URL.parse(challenge.realm);
    if (url?.protocol !== 'https:') throw new ExternalError(`${host} names a token endpoint that is not https`);
    if (challenge.service !== undefined) url.searchParams.set('service', challenge.service);
    url.searchParams.set('scope', `repository:${query.repository}:pull`);
    const headers = query.token === undefined ? {} : { authorization: basic(query.account, query.token) };
    const response = await http(url.href, { ...request, headers, quota: fingerprint(query.token) });
    if (response.status === 401 || response.status === 403) throw new ExternalError(refused(query));
    if (!response.ok) throw new ExternalError(`${url.host} answered ${response.status} when asked for a token`);
    const answer = TokenAnswer.safeParse(await response.json().catch(() => undefined));
    const token = answer.data?.token ?? answer.data?.access_token;
    if (token === undefined || !/^[\u0021-\u007e]+$/.test(token))
      throw new ExternalError(`${url.host} answered without a token`);
    return keep(query, `Bearer ${token}`, answer.data?.expires_in ?? 60);
  }

  function keep(query: TagQuery, authorization: string, seconds: number): string {
    kept.set(keyOf(query), { authorization, until: clock.now().getTime() + seconds * 1000 - SLACK_MS });
    return authorization;
  }
}

/** What a person can do about a refusal. */
export function refused({ registryUrl, repository, token }: TagQuery): string {
  const { host } = new URL(registryUrl);
  return token === undefined
    ? `${host} gives ${repository} to nobody without a token: set package-checker-token (or token), or make it public; or it does not exist`
    : `${host} refused the token in package-checker-token (or token) for ${repository}: it is wrong, expired, lacks read:packages, or there is no such image`;
}

const basic = (account: string, token: string): string =>
  `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
