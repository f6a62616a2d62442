import { spawn, type ChildProcess } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access.ts';
import { gitEnvironment } from './git.ts';
import type { Repositories, Repository } from './repositories.ts';

export interface SmartHttp {
  /** Serves clone and fetch; answers whether the caller showed a good token. */
  serve(request: IncomingMessage, response: ServerResponse): { authorised: boolean };
  stop(): void;
}

// GitHub has no path before the owner; a company's proxy in front of it may.
const pattern = /\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack)$/;

/** git's smart HTTP protocol by `git http-backend` (which refuses pushes by itself), behind GitHub's ways with credentials. */
export function createSmartHttp(repositories: Repositories, access: Access): SmartHttp {
  const running = new Set<ChildProcess>();
  return { serve, stop: () => running.forEach((child) => child.kill('SIGKILL')) };

  function serve(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', 'https://stand.in');
    const [, owner = '', name = '', action = ''] = pattern.exec(decodeURIComponent(url.pathname)) ?? [];
    const caller = access.caller(request);
    const authorised = caller.kind === 'token';
    const repository = repositories.find(owner, name);
    if (caller.kind === 'unknown') refuse(response, 401, 'Invalid username or token.');
    else if (repository === undefined || !access.mayRead(caller, repository)) {
      // Without credentials GitHub asks for them; with good ones that do not reach it, the repository is not there.
      refuse(response, authorised ? 404 : 401, 'Repository not found.');
    } else backend(request, response, { repository, action, query: url.search.slice(1) });
    return { authorised };
  }

  function backend(
    request: IncomingMessage,
    response: ServerResponse,
    { repository, action, query }: { repository: Repository; action: string; query: string },
  ) {
    const headers = request.headers;
    const child = spawn('git', ['http-backend'], {
      env: {
        ...gitEnvironment,
        // GIT_PROJECT_ROOT and PATH_INFO are joined to the repository's place on disk.
        GIT_PROJECT_ROOT: repository.path,
        PATH_INFO: `/${action}`,
        GIT_HTTP_EXPORT_ALL: '1',
        REQUEST_METHOD: request.method ?? 'GET',
        QUERY_STRING: query,
        REMOTE_ADDR: request.socket.remoteAddress ?? '',
        CONTENT_TYPE: headers['content-type'] ?? '',
        CONTENT_LENGTH: headers['content-length'],
        HTTP_CONTENT_ENCODING: headers['content-encoding'],
        GIT_PROTOCOL: headers['git-protocol'] as string | undefined,
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    running.add(child);
    child.on('error', () => response.destroy()).on('close', () => running.delete(child));
    child.stdin.on('error', () => {});
    request.pipe(child.stdin);
    response.on('close', () => {
      child.kill();
      // What it started would wait for ever for somebody to read.
      child.stdout.destroy();
    });
    answerAsCgi(child.stdout, response);
  }
}

// The program's output is a head (with the status as a header), an empty line and the body (RFC 3875, 6).
function answerAsCgi(output: NodeJS.ReadableStream, response: ServerResponse) {
  let head = Buffer.alloc(0);
  output.on('data', readHead).on('end', () => response.end());

  function readHead(chunk: Buffer) {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    output.off('data', readHead);
    const lines = head.toString('latin1', 0, end).split('\r\n');
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
    output.pipe(response);
  }
}

function refuse(response: ServerResponse, status: number, text: string) {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    ...(status === 401 ? { 'www-authenticate': 'Basic realm="GitHub"' } : {}),
  });
  response.end(text);
}
