import { Octokit } from '@octokit/rest';
import { known, unknown } from '../domain/known.ts';
import type { Known } from '../domain/known.ts';
import { createCache } from '../util/cache.ts';
import { ExternalError } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';
import { conditional } from './etag.ts';
import type { CachedAnswer } from './etag.ts';
import { fingerprint } from './fingerprint.ts';
import type { Git, RemoteSettings } from './git.ts';
import type { Http } from './http.ts';
import { lsRemote } from './ls-remote.ts';

export interface HeadSettings extends RemoteSettings {
  apiUrl: string;
  /** Undefined: the repository's default. */
  branch: string | undefined;
  yamlCommitCheckerToken: string | undefined;
}

export interface GitHub {
  /**
   * Id (40 hex digits) of the watched branch's newest commit. Unknown, with what to do about it, when GitHub does not
   * say; throws only the signal's reason.
   */
  headCommit(settings: HeadSettings, signal: AbortSignal): Promise<Known<string>>;
}

/** With a token by a conditional request of the REST API, without one by git's own, which has no quota. */
export function createGitHub({ http, git, log }: { http: Http; git: Git; log: Pick<Logger, 'debug'> }): GitHub {
  const answers = createCache<CachedAnswer>(16);
  return {
    headCommit: (settings, signal) =>
      settings.yamlCommitCheckerToken === undefined
        ? lsRemote(git, settings, signal)
        : ask(settings, settings.yamlCommitCheckerToken, signal),
  };

  async function ask(settings: HeadSettings, token: string, signal: AbortSignal): Promise<Known<string>> {
    const { owner, name: repo } = settings.repository;
    // `heads/` because a tag may have the branch's name.
    const ref = settings.branch === undefined ? 'HEAD' : `heads/${settings.branch}`;
    try {
      const octokit = connect(settings, token);
      const mediaType = { format: 'sha' };
      const { data } = await octokit.rest.repos.getCommit({ owner, repo, ref, mediaType, request: { signal } });
      // With this media type the body is the id alone, which octokit's types do not know.
      const id: unknown = data;
      if (typeof id === 'string' && /^[0-9a-f]{40}$/.test(id)) return known(id);
      return unknown(`${new URL(settings.apiUrl).host} answered something that is not a commit id`);
    } catch (error) {
      signal.throwIfAborted();
      return unknown(reasonOf(error, settings));
    }
  }

  function connect({ apiUrl, caCertificates }: HeadSettings, token: string): Octokit {
    const quota = fingerprint(token);
    const octokit = new Octokit({
      auth: token,
      baseUrl: apiUrl,
      userAgent: 'ordo',
      // Its own log calls a 304 an error; what went wrong is in the reason.
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      request: {
        fetch: (url: string, options: { headers: Record<string, string>; signal: AbortSignal }) =>
          http(url, { headers: options.headers, signal: options.signal, caCertificates, quota }),
      },
    });
    octokit.hook.before('request', (options) => {
      options.headers['x-github-api-version'] = '2022-11-28';
    });
    conditional(octokit, answers, quota);
    return octokit;
  }

  function quiet(message: string): void {
    log.debug({ octokit: message }, 'github');
  }
}

function reasonOf(error: unknown, { apiUrl, repository, branch }: HeadSettings): string {
  const { host } = new URL(apiUrl);
  const { cause, response } = error as { cause?: unknown; response?: ErrorAnswer };
  if (cause instanceof ExternalError) return cause.message;
  if (response === undefined) return `${host}: no usable answer (${error instanceof Error ? error.name : 'no error'})`;
  const where = `${repository.owner}/${repository.name}`;
  const setting = 'yaml-commit-checker-token (or token, which stands in for it)';
  const { status } = response;
  switch (status) {
    case 401:
      return `Bad credentials: ${host} refused the token in ${setting}; it is wrong, expired or revoked`;
    case 403:
    case 429:
      return limitOf(response) ?? refusalOf(response, { host, where, setting });
    case 404:
      return `repository ${where} not found, or the token in ${setting} may not read it`;
    case 409:
      return `repository ${where} is empty: it has no commit yet`;
    case 422:
      return branch === undefined
        ? `repository ${where} has no default branch`
        : `repository ${where} has no branch ${branch}`;
    default:
      return `${host} answered ${status}`;
  }
}

interface ErrorAnswer {
  status: number;
  headers: Record<string, string | undefined>;
  /** GitHub's own refusals have a `message`; a proxy's may be anything. */
  data?: unknown;
}

/** No limit: the token may not, an organisation wants it authorised first, or it is not GitHub that refuses. */
function refusalOf(
  { status, headers }: ErrorAnswer,
  { host, where, setting }: { host: string; where: string; setting: string },
): string {
  if (headers['x-github-sso'] !== undefined) {
    return `the organisation of ${where} wants the token in ${setting} authorised for its single sign-on (${status})`;
  }
  return `${host} does not let the token in ${setting} read ${where} (${status})`;
}

function limitOf({ status, headers, data }: ErrorAnswer): string | undefined {
  const after = headers['retry-after'];
  if (after !== undefined) return `rate limit: GitHub wants no request for ${after} s`;
  if (headers['x-ratelimit-remaining'] !== '0') {
    const text = typeof data === 'string' ? data : JSON.stringify(data ?? '');
    if (status !== 429 && !/rate limit/i.test(text)) return undefined;
    return `rate limit: GitHub has had too many requests (${status}), it is left alone for a while`;
  }
  const reset = Number(headers['x-ratelimit-reset']);
  const time = Number.isFinite(reset) ? new Date(reset * 1000).toISOString() : 'the next hour';
  return `rate limit: the token's ${headers['x-ratelimit-limit'] ?? ''} requests are used up until ${time}`;
}
