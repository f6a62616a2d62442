import { Agent, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';

/** What a request asks for, read from its path. */
export interface Asked {
  kind: 'manifest' | 'blob' | 'tags' | 'upload' | 'token' | 'ping' | 'other';
  /** '' where none is named. */
  repository: string;
  /** A manifest's tag or digest, a blob's digest, else ''. */
  reference: string;
}

export interface Front {
  /** Passes a request on to the registry behind `socketPath`, and its answer back. */
  pass(request: IncomingMessage, response: ServerResponse): void;
  stop(): void;
}

/** The plain half of the registry's HTTPS door. */
export function createFront(socketPath: string): Front {
  const agent = new Agent({ keepAlive: true });
  return { pass, stop: () => agent.destroy() };

  function pass(request: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', url: path = '/', headers } = request;
    const onward = forward({ socketPath, agent, method, path, headers });
    onward.on('error', () => response.destroy());
    onward.on('response', (answer) => {
      const { connection: _connection, 'keep-alive': _keepAlive, ...rest } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, rest);
      answer.pipe(response);
    });
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }
}

/** Reads a registry request's path (OCI distribution specification, "Endpoints"). */
export function asked({ pathname, searchParams }: URL): Asked {
  if (pathname === '/token') {
    const [, repository = ''] = /^repository:([^:]+):/.exec(searchParams.get('scope') ?? '') ?? [];
    return { kind: 'token', repository, reference: '' };
  }
  if (/^\/v2\/?$/.test(pathname)) return { kind: 'ping', repository: '', reference: '' };
  const [, repository, part, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.+)$/.exec(pathname) ?? [];
  if (repository === undefined) return { kind: 'other', repository: '', reference: '' };
  if (part === 'manifests') return { kind: 'manifest', repository, reference };
  if (part === 'tags') return { kind: 'tags', repository, reference: '' };
  if (reference.startsWith('sha256:')) return { kind: 'blob', repository, reference };
  const [name = ''] = repository.split('/blobs');
  return { kind: 'upload', repository: name, reference: '' };
}
