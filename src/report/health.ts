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
  /** What `/metrics` answers, in Prometheus' text format. */
  metrics?: () => string;
  signal: AbortSignal;
}

/**
 * Serves `/livez` and `/readyz` for the kubelet: 200 and `ok`, or 503 and the reason; and `/metrics`. Answers with the
 * port; rejects when it is taken. Ends with the signal.
 */
export async function startHealth(options: HealthOptions): Promise<number> {
  const { port, live, ready, trouble, metrics, signal } = options;
  const checks = new Map([
    ['/livez', live],
    ['/readyz', ready],
  ]);
  const server = createServer({ requestTimeout: 5000, keepAliveTimeout: 1000 }, (request, response) => {
    if (metrics && request.method === 'GET' && request.url?.split('?')[0] === '/metrics') {
      // https://prometheus.io/docs/instrumenting/exposition_formats/#basic-info
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(metrics());
    } else answer(checks, request, response, trouble?.());
  });
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
