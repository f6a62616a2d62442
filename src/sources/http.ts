import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, fetch } from 'undici';
import type { Dispatcher, Response } from 'undici';
import type { Clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import { createHoldOff } from './hold-off.ts';
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
export type Http = (url: string, request: HttpRequest) => Promise<Response>;

// Answers are ids, digests and tokens: more than this is not one of them.
const MOST_BYTES = 1024 * 1024;

/** `timeout` is milliseconds from the request to the end of the answer's body. */
export function createHttp({ clock, timeout = 10_000 }: { clock: Clock; timeout?: number }): Http {
  const holdOff = createHoldOff(clock);
  let agent: { caCertificates: string | undefined; dispatcher: Dispatcher } | undefined;

  return async (url, { method = 'GET', headers = {}, caCertificates, quota, signal }) => {
    const { origin, host } = new URL(url);
    const key = `${origin} ${quota}`;
    const waiting = holdOff.until(key);
    if (waiting !== undefined) throw new ExternalError(`${host} wants no requests until ${waiting.toISOString()}`);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
    const dispatcher = dispatcherFor(caCertificates);
    const sent = { 'user-agent': 'ordo', ...headers };
    try {
      const response = await fetch(url, { method, headers: sent, signal: limit, dispatcher });
      holdOff.note(key, response);
      return response;
    } catch (error) {
      signal.throwIfAborted();
      throw new ExternalError(networkReason(error, { host, timeout }), { cause: error });
    }
  };

  function dispatcherFor(caCertificates: string | undefined): Dispatcher {
    if (agent !== undefined && agent.caCertificates === caCertificates) return agent.dispatcher;
    // Requests under way end on the old one; then it is gone.
    void agent?.dispatcher.close();
    agent = { caCertificates, dispatcher: createDispatcher(caCertificates) };
    return agent.dispatcher;
  }
}

function createDispatcher(caCertificates: string | undefined): Dispatcher {
  // One context for all connections: reading some 150 roots for each of them would take longer than the request.
  const trust = () => ({ secureContext: createSecureContext({ ca: [...getCACertificates(), caCertificates ?? ''] }) });
  const connect = caCertificates === undefined ? {} : trust();
  const agent = new Agent({ connect, connections: 8, maxResponseSize: MOST_BYTES, allowH2: false });
  return agent.compose((dispatch) => (options, handler) => {
    if (!String(options.origin).startsWith('https:')) throw new ExternalError('http is refused everywhere');
    return dispatch(options, handler);
  });
}
