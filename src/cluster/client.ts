import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, fetch, type Response } from 'undici';
import { ExternalError } from '../util/errors.ts';
import { jsonLines } from './json-lines.ts';

/** The API server's answer was no. `reason` is its machine-readable word, such as `AlreadyExists`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

/** The few verbs that Ordo needs, by API path. Objects pass untouched: typed clients drop the fields that they do not know. */
export interface Client {
  /** Undefined when there is no such object (404). */
  get<T>(path: string, accept?: string): Promise<T | undefined>;
  create<T>(path: string, body: object): Promise<T>;
  replace<T>(path: string, body: object): Promise<T>;
  /** JSON merge patch (RFC 7386). */
  merge<T>(path: string, body: object): Promise<T>;
  /** An object that is gone already is no error. */
  remove(path: string, options?: object): Promise<void>;
  /** One watch until the server or the signal ends it. */
  watch<T>(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>>;
}

const TIMEOUT_MS = 30_000;

/**
 * Talks to the API server with the KubeConfig's identity over one connection pool. client-node's own request path makes
 * a new TLS connection for every request (kubernetes-client/javascript#2893), so only its configuration is used.
 */
export function createClient(kubeConfig: KubeConfig, signal: AbortSignal): Client {
  const server = kubeConfig.getCurrentCluster()?.server;
  if (server === undefined) throw new ExternalError('no cluster: neither a service account nor a kubeconfig was found');
  const agents = new Map<string, Agent>();

  async function send(method: string, path: string, extra: Extra): Promise<Response> {
    const options: RequestOptions = {};
    await kubeConfig.applyToHTTPSOptions(options);
    const headers = { accept: 'application/json', ...extra.headers, ...(options.headers as Record<string, string>) };
    const stop = AbortSignal.any([signal, extra.signal ?? AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const body = extra.body === undefined ? null : JSON.stringify(extra.body);
      return await fetch(server + path, { method, headers, body, dispatcher: agentFor(options), signal: stop });
    } catch (error) {
      signal.throwIfAborted();
      extra.signal?.throwIfAborted();
      throw new ExternalError(`the API server does not answer: ${networkReason(error)}`, { cause: error });
    }
  }

  /** The CA and the client's certificate may be replaced while Ordo runs. */
  function agentFor({ ca, cert, key }: RequestOptions): Agent {
    const identity = [ca, cert, key].map(String).join();
    let agent = agents.get(identity);
    if (agent === undefined) {
      for (const old of agents.values()) void old.close();
      agents.clear();
      agent = new Agent({ connect: { ca: ca as string, cert: cert as string, key: key as string } });
      agents.set(identity, agent);
    }
    return agent;
  }

  async function json<T>(method: string, path: string, extra: Extra = {}): Promise<T> {
    const response = await send(method, path, extra);
    if (!response.ok) throw await errorOf(response);
    return (await response.json()) as T;
  }

  const withType = (body: object, type: string): Extra => ({ body, headers: { 'content-type': type } });
  return {
    get: (path, accept) =>
      json(`GET`, path, accept === undefined ? {} : { headers: { accept } }).catch(absent) as never,
    create: (path, body) => json('POST', path, withType(body, 'application/json')),
    replace: (path, body) => json('PUT', path, withType(body, 'application/json')),
    merge: (path, body) => json('PATCH', path, withType(body, 'application/merge-patch+json')),
    remove: async (path, options) => {
      await json('DELETE', path, options && withType(options, 'application/json')).catch(absent);
    },
    async *watch(path, stop) {
      const response = await send('GET', path, { signal: stop });
      if (!response.ok) throw await errorOf(response);
      if (response.body) yield* jsonLines(response.body, stop);
    },
  };
}

interface Extra {
  body?: object;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

function absent(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 404) return undefined;
  throw error;
}

/** The API's Status says why. Its text may quote values of the object sent, and Ordo sends only its own. */
async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const { reason = '', message = '' } = JSON.parse(text) as { reason?: string; message?: string };
    return new ApiError(response.status, reason, `${response.status} ${reason}: ${message}`);
  } catch {
    return new ApiError(response.status, '', `${response.status} ${response.statusText}`);
  }
}

function networkReason(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: string; message?: string }; name?: string };
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  return cause?.code ?? cause?.message ?? String(error);
}
