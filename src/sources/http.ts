import { Agent } from 'node:https';
import { createSecureContext, getCACertificates } from 'node:tls';
import { ExternalError } from '../util/errors.ts';
import { send, textOf, type HttpsRequest } from '../util/https.ts';
import type { Budget } from './budget.ts';
import { networkReason } from './network-reason.ts';

export interface HttpRequest {
  method?: 'GET' | 'HEAD';
  headers?: Record<string, string>;
  /** PEM, trusted besides the usual roots. */
  caCertificates: string | undefined;
  /** Whose quota it costs: equal texts share a pause that the host asks for. Not the token itself. */
  quota: string;
  signal: AbortSignal;
}

/**
 * One request over https, also after a redirect (credentials do not follow to another host). Answers of any status are
 * returned; `ExternalError` says in plain words why there is none, or that the host wants to be left alone until a time.
 * When the caller's signal is aborted its reason is thrown.
 */
export type Http = (url: string, request: HttpRequest) => Promise<HttpAnswer>;

/** An answer that was read to its end, as much of fetch's Response as octokit asks for. */
export interface HttpAnswer {
  status: number;
  ok: boolean;
  url: string;
  /** By names in lower case. */
  headers: Map<string, string>;
  text(): Promise<string>;
  json(): Promise<unknown>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

// Answers are ids, digests and tokens: more than this is not one of them.
const MOST_BYTES = 1024 * 1024;

/** `timeout` is milliseconds from the request to the end of the answer's body. */
export function createHttp({ budget, timeout = 10_000 }: { budget: Budget; timeout?: number }): Http {
  let pool: { caCertificates: string | undefined; agent: Agent } | undefined;

  return async (url, { method = 'GET', headers = {}, caCertificates, quota, signal }) => {
    const { host } = new URL(url);
    const waiting = budget.pause(host, quota);
    if (waiting !== undefined) throw new ExternalError(`${host} wants no requests until ${waiting.toISOString()}`);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
    const agent = agentFor(caCertificates);
    const sent = { 'user-agent': 'ordo', ...headers };
    try {
      const answer = await follow(url, { method, headers: sent, agent, signal: limit });
      const speaksOfLimit = answer.status === 403 && /rate limit/i.test(await answer.text());
      budget.charge(host, quota, { ...answer, speaksOfLimit });
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      budget.charge(host, quota, undefined);
      throw new ExternalError(networkReason(error, { host, timeout }), { cause: error });
    }
  };

  function agentFor(caCertificates: string | undefined): Agent {
    if (pool === undefined || pool.caCertificates !== caCertificates) {
      // One context for all connections: reading some 150 roots for each of them would take longer than the request.
      const ca = [...getCACertificates(), caCertificates ?? ''];
      const trust = caCertificates === undefined ? {} : { secureContext: createSecureContext({ ca }) };
      pool = { caCertificates, agent: new Agent({ keepAlive: true, maxSockets: 8, ...trust }) };
    }
    return pool.agent;
  }
}

const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 5;

async function follow(url: string, request: HttpsRequest, redirects = MOST_REDIRECTS): Promise<HttpAnswer> {
  if (!url.startsWith('https:')) throw new ExternalError('http is refused everywhere');
  const answer = await send(url, request);
  const body = await textOf(answer, request.signal, MOST_BYTES);
  const { statusCode: status = 0 } = answer;
  const { location } = answer.headers;
  if (REDIRECTS.includes(status) && location !== undefined && redirects > 0) {
    const next = new URL(location, url);
    const { authorization: _, ...others } = request.headers;
    const headers = next.origin === new URL(url).origin ? request.headers : others;
    return follow(next.href, { ...request, headers }, redirects - 1);
  }
  return {
    status,
    ok: status >= 200 && status < 300,
    url,
    headers: new Map(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
    text: async () => body,
    json: async () => JSON.parse(body) as unknown,
    arrayBuffer: async () => new TextEncoder().encode(body).buffer,
  };
}
