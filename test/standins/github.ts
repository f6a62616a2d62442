import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { Authority } from '../cluster/authority.ts';
import { createFaults, type Fault } from './faults.ts';
import { createAccess, shownToken, type Access } from './github/access.ts';
import { createApi } from './github/api.ts';
import { createLimits, type Limits } from './github/limits.ts';
import { createRepositories, type Repository } from './github/repositories.ts';
import { createSmartHttp } from './github/smart-http.ts';
import { close, confess, listen } from './listen.ts';
import { createLog, type Answered } from './log.ts';

export type { Files } from './github/fast-import.ts';
export type { Repository } from './github/repositories.ts';

interface GitHubRequest extends Answered {
  /** It showed a token that GitHub knows. */
  authorised: boolean;
  /** It was taken off a rate limit (git's own requests never are). */
  counted: boolean;
  /** The token it showed, whether GitHub knows it or not. */
  token: string | undefined;
}

export interface GitHub {
  /** The REST API's root, as a client's `baseUrl`. */
  apiUrl: string;
  /** What clone URLs begin with. */
  gitUrl: string;
  createRepository(
    owner: string,
    name: string,
    options?: { private?: boolean; defaultBranch?: string },
  ): Promise<Repository>;
  /** Lets a token read every private repository, or only those named ('owner/name'). */
  addToken: Access['addToken'];
  removeToken: Access['removeToken'];
  setRemaining: Limits['setRemaining'];
  /** What was asked so far, in the order of the answers. */
  requests(): readonly GitHubRequest[];
  /** Makes requests fail from now on; `undefined` ends it. */
  fail(fault: Fault | undefined): void;
  stop(): Promise<void>;
}

const apiRoot = '/api/v3';

/** Starts GitHub's stand-in: REST API and git on one HTTPS port (0: any), with repositories in `work`. */
export async function startGitHub(options: {
  work: string;
  address: string;
  port: number;
  authority: Authority;
}): Promise<GitHub> {
  const { cert, key } = await options.authority.issue('github', { hosts: [options.address] });
  const faults = createFaults();
  const log = createLog<Omit<GitHubRequest, keyof Answered>>();
  const server = createServer({ cert, key }, (request, response) => {
    handle(request, response).catch((error: unknown) => confess(response, error));
  });
  const port = await listen(server, options.address, options.port);
  const gitUrl = `https://${options.address}:${port}`;
  const apiUrl = `${gitUrl}${apiRoot}`;

  const access = createAccess();
  const limits = createLimits();
  const repositories = createRepositories(join(options.work, 'repositories'), gitUrl);
  const api = createApi({ repositories, access, limits, places: { apiUrl, gitUrl } });
  const smartHttp = createSmartHttp(repositories, access);

  return {
    apiUrl,
    gitUrl,
    createRepository: repositories.create,
    addToken: access.addToken,
    removeToken: access.removeToken,
    setRemaining: limits.setRemaining,
    requests: log.list,
    fail: faults.set,
    async stop() {
      await close(server);
      smartHttp.stop();
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url: path = '' } = request;
    const details = { authorised: false, counted: false, token: shownToken(request) };
    log.add(request, response, details);
    if (await faults.meet(request, response)) return;
    if (!path.startsWith(`${apiRoot}/`)) {
      details.authorised = smartHttp.serve(request, response).authorised;
      return;
    }
    const [plain = ''] = path.slice(apiRoot.length).split('?');
    const { status, headers, body, authorised, counted } = await api.answer(request, plain);
    Object.assign(details, { authorised, counted });
    response.writeHead(status, headers).end(body);
  }
}
