import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Access, Caller } from './access.ts';
import { commitAnswer, rateLimitAnswer, repositoryAnswer, type Places } from './answers.ts';
import type { Budget, Limits } from './limits.ts';
import type { Repositories, Repository } from './repositories.ts';

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
  authorised: boolean;
  /** It was taken off the caller's rate limit. */
  counted: boolean;
}

export interface Api {
  /** Answers `path` (behind the API's root, without query). */
  answer(request: IncomingMessage, path: string): Promise<Answer>;
}

interface Content {
  status: number;
  type?: string;
  etag?: string;
  body: string;
}

const docs = 'https://docs.github.com/rest';

/** The part of GitHub's REST API that Ordo calls, told from bare repositories. */
export function createApi(parts: { repositories: Repositories; access: Access; limits: Limits; places: Places }): Api {
  const { repositories, access, limits, places } = parts;
  return { answer };

  async function answer(request: IncomingMessage, path: string): Promise<Answer> {
    const caller = access.caller(request);
    const authorised = caller.kind === 'token';
    const budget = limits.of(caller, request);
    if (!request.headers['user-agent']) return forbidden();
    const isFree = path === '/rate_limit' && caller.kind !== 'unknown';
    if (!isFree && budget.used >= budget.limit) return finish(usedUp(caller, request), budget, authorised, false);

    const content =
      caller.kind === 'unknown' ? problem(401, 'Bad credentials') : await route(request, path, caller, budget);
    const unchanged = content.etag !== undefined && matches(request.headers['if-none-match'], content.etag);
    const seen = unchanged ? { ...content, status: 304, body: '' } : content;
    const counted = !isFree && !(unchanged && authorised);
    if (counted) budget.used += 1;
    const answered = finish(seen, budget, authorised, counted);
    return { ...answered, headers: { ...answered.headers, ...access.headers(caller) } };
  }

  async function route(request: IncomingMessage, path: string, caller: Caller, budget: Budget): Promise<Content> {
    if (path === '/rate_limit') return json(200, rateLimitAnswer(budget));
    const [, owner, name, ref] = /^\/repos\/([^/]+)\/([^/]+)(?:\/commits\/(.+))?$/.exec(path) ?? [];
    if (owner === undefined || name === undefined || !/^(GET|HEAD)$/.test(request.method ?? '')) {
      return problem(404, 'Not Found');
    }
    const isCommit = ref !== undefined;
    const page = isCommit ? '/commits/commits#get-a-commit' : '/repos/repos#get-a-repository';
    const repository = repositories.find(decodeURIComponent(owner), decodeURIComponent(name));
    // A private repository is not admitted to exist.
    if (repository === undefined || !access.mayRead(caller, repository)) return problem(404, 'Not Found', page);
    if (!isCommit) return tagged(json(200, repositoryAnswer(repository, places)));
    return commit(request, repository, decodeURIComponent(ref), page);
  }

  async function commit(request: IncomingMessage, repository: Repository, ref: string, page: string): Promise<Content> {
    const sha = await repository.resolve(ref);
    if (sha === undefined) {
      if (await repository.isEmpty()) return problem(409, 'Git Repository is empty.', page);
      return problem(422, `No commit found for SHA: ${ref}`, page);
    }
    if (/application\/vnd\.github\.(v3\.)?sha\b/.test(request.headers.accept ?? '')) {
      // The documented way to ask whether a branch has moved: its commit's id is the ETag.
      return { status: 200, type: 'application/vnd.github.sha; charset=utf-8', etag: `"${sha}"`, body: sha };
    }
    return tagged(json(200, await commitAnswer(repository, sha, places)));
  }
}

function finish({ status, type, etag, body }: Content, budget: Budget, authorised: boolean, counted: boolean): Answer {
  const caching = { 'cache-control': `${authorised ? 'private' : 'public'}, max-age=60, s-maxage=60` };
  const headers = {
    'x-ratelimit-limit': String(budget.limit),
    'x-ratelimit-remaining': String(Math.max(0, budget.limit - budget.used)),
    'x-ratelimit-used': String(budget.used),
    'x-ratelimit-reset': String(budget.reset),
    'x-ratelimit-resource': 'core',
    'x-github-request-id': randomBytes(8).toString('hex').toUpperCase(),
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(etag === undefined ? {} : { etag, vary: 'Accept, Authorization, Cookie, Accept-Encoding', ...caching }),
  };
  return { status, headers, body, authorised, counted };
}

function usedUp(caller: Caller, request: IncomingMessage): Content {
  const page = '/overview/rate-limits-for-the-rest-api';
  if (caller.kind === 'token') return problem(403, 'API rate limit exceeded for user ID 1.', page);
  const hint = "(But here's the good news: Authenticated requests get a higher rate limit.";
  const more = 'Check out the documentation for more details.)';
  return problem(403, `API rate limit exceeded for ${request.socket.remoteAddress}. ${hint} ${more}`, page);
}

function forbidden(): Answer {
  const text = 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.\r\n';
  return { status: 403, headers: { 'content-type': 'text/html' }, body: text, authorised: false, counted: false };
}

function problem(status: number, message: string, page = ''): Content {
  return json(status, { message, documentation_url: `${docs}${page}`, status: String(status) });
}

function json(status: number, value: unknown): Content {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

function tagged(content: Content): Content {
  return { ...content, etag: `W/"${createHash('sha256').update(content.body).digest('hex')}"` };
}

// RFC 9110, 13.1.2: If-None-Match compares weakly.
function matches(header: string | undefined, etag: string): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, '');
  return header !== undefined && header.split(',').some((tag) => tag.trim() === '*' || bare(tag) === bare(etag));
}
