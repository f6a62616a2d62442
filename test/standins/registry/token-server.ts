import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Grant, Signer } from './tokens.ts';

/** Repositories without host, as 'owner/name'. */
type Reach = 'all' | readonly string[];

export interface Rights {
  pull: Reach;
  push?: Reach;
}

export interface TokenServer {
  /** The password with which the token endpoint is asked; the user name does not matter, as at ghcr.io. */
  addToken: (token: string, rights: Rights) => void;
  removeToken: (token: string) => void;
  /** Whether only tokens may pull it; a repository is public until this says otherwise. */
  setPrivate: (repository: string, isPrivate: boolean) => void;
  answer(request: IncomingMessage, response: ServerResponse, url: URL): void;
}

type Verdict = { grants: Grant[] } | { status: 401 | 403; code: string; message: string };

const denied = { status: 403, code: 'DENIED', message: 'denied' } as const;
const unauthorized = { status: 401, code: 'UNAUTHORIZED', message: 'authentication required' } as const;

/** Decides as ghcr.io does who gets a bearer token; `repositories` is the registry's folder of them. */
export function createTokenServer(signer: Signer, repositories: string): TokenServer {
  const tokens = new Map<string, Rights>();
  const closed = new Set<string>();
  return {
    addToken: (token, rights) => void tokens.set(token, rights),
    removeToken: (token) => void tokens.delete(token),
    setPrivate: (repository, isPrivate) => void (isPrivate ? closed.add(repository) : closed.delete(repository)),
    answer,
  };

  function answer(request: IncomingMessage, response: ServerResponse, url: URL): void {
    // Like ghcr.io it knows no OAuth POST; containerd then asks with GET.
    if (request.method !== 'GET') return send(response, 405, errors('UNSUPPORTED', 'method not allowed'));
    const verdict = judge(request, url.searchParams.getAll('scope'));
    if ('grants' in verdict) send(response, 200, { token: signer.sign(verdict.grants) });
    else send(response, verdict.status, errors(verdict.code, verdict.message));
  }

  function judge(request: IncomingMessage, scopes: string[]): Verdict {
    const password = passwordOf(request.headers.authorization);
    const rights = password === undefined ? undefined : tokens.get(password);
    // Credentials that it does not know are refused even for what everybody may pull.
    if (request.headers.authorization !== undefined && rights === undefined) return denied;
    const grants: Grant[] = [];
    for (const scope of scopes.flatMap((text) => text.split(' '))) {
      const [, repository, actions = ''] = /^repository:([^:]+):([a-z,*]+)$/.exec(scope) ?? [];
      if (repository === undefined) continue;
      const problem = refusal(repository, actions.split(','), rights);
      if (problem !== undefined) return problem;
      grants.push({ repository, actions: actions.split(',') });
    }
    return { grants };
  }

  function refusal(repository: string, actions: string[], rights: Rights | undefined) {
    if (actions.some((action) => action !== 'pull')) {
      if (rights === undefined) return unauthorized;
      return reaches(rights.push ?? [], repository) ? undefined : denied;
    }
    if (rights !== undefined && (reaches(rights.pull, repository) || reaches(rights.push ?? [], repository))) {
      return undefined;
    }
    if (closed.has(repository)) return rights === undefined ? unauthorized : denied;
    return existsSync(join(repositories, repository)) ? undefined : denied;
  }
}

function reaches(reach: Reach, repository: string): boolean {
  return reach === 'all' || reach.includes(repository);
}

/** What HTTP's Basic login holds. */
export function passwordOf(header: string | undefined): string | undefined {
  const [, encoded = ''] = /^Basic\s+(\S+)$/i.exec(header ?? '') ?? [];
  return /^[^:]*:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString())?.[1];
}

function errors(code: string, message: string) {
  return { errors: [{ code, message }] };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
