import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** True, or why not. */
export type Check = () => true | string;

export interface HealthOptions {
  /** 0: any free one. */
  port: number;
  live: Check;
  ready: Check;
  /** What is worth knowing although it is ready: added to `ok`. */
  trouble?: () => string | undefined;
  signal: AbortSignal;
}

/**
 * Serves `/livez` and `/readyz` for the kubelet: 200 and `ok`, or 503 and the reason. Answers with the port; rejects
 * when it is taken. Ends with the signal.
 */
export async function startHealth({ port, live, ready, trouble, signal }: HealthOptions): Promise<number> {
  const checks = new Map([
    ['/livez', live],
    ['/readyz', ready],
  ]);
  const server = createServer({ requestTimeout: 5000, keepAliveTimeout: 1000 }, (request, response) =>
    answer(checks, request, response, trouble?.()),
  );
  server.listen({ port, signal });
  signal.addEventListener('abort', () => server.closeAllConnections(), { once: true });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function answer(
  checks: Map<string, Check>,
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  trouble: string | undefined,
): void {
  const check = checks.get(url.split('?')[0] ?? '');
  const allowed = method === 'GET' || method === 'HEAD';
  const verdict = check?.();
  const status = check === undefined ? 404 : !allowed ? 405 : verdict === true ? 200 : 503;
  const text =
    status === 200
      ? trouble === undefined
        ? 'ok'
        : `ok, but ${trouble}`
      : status === 503
        ? verdict
        : status === 404
          ? 'not found'
          : 'only GET';
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(method === 'HEAD' ? undefined : `${text}\n`);
}
