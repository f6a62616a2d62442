import type { IncomingMessage } from 'node:http';
import { Agent } from 'node:https';
import { ExternalError } from '../util/errors.ts';
import { send, textOf } from '../util/https.ts';
import type { Access, Identity } from './access.ts';
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
  watch<T>(path: string, signal: AbortSignal, accept?: string): AsyncGenerator<WatchEvent<T>>;
}

/** A client that counts what it writes. */
export interface CountingClient extends Client {
  /** Requests other than GET that were sent up to now, whatever the answer. */
  writes(): number;
}

const TIMEOUT_MS = 30_000;

/** Talks to the API server over one connection pool. */
export function createClient({ server, identity }: Access, signal: AbortSignal): CountingClient {
  const agents = new Map<string, Agent>();
  let writes = 0;

  async function ask(method: string, path: string, extra: Extra, stop: AbortSignal): Promise<IncomingMessage> {
    const { headers: own, ...tls } = await identity();
    const headers = { accept: 'application/json', 'user-agent': 'ordo', ...extra.headers, ...own };
    const body = extra.body && JSON.stringify(extra.body);
    if (method !== 'GET') writes += 1;
    return send(server + path, { method, headers, body, agent: agentFor(tls), signal: stop });
  }

  /** The CA and the client's certificate may be replaced while Ordo runs. */
  function agentFor(tls: Omit<Identity, 'headers'>): Agent {
    const key = [tls.ca, tls.cert, tls.key].join();
    let agent = agents.get(key);
    if (agent === undefined) {
      agents.clear();
      agent = new Agent({ keepAlive: true, ...tls });
      agents.set(key, agent);
    }
    return agent;
  }

  async function json<T>(method: string, path: string, extra: Extra = {}): Promise<T> {
    const stop = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      const answer = await ask(method, path, extra, stop);
      const text = await textOf(answer, stop);
      if (!isGood(answer)) throw errorOf(answer, text);
      return JSON.parse(text) as T;
    } catch (error) {
      throw unanswered(error, signal);
    }
  }

  async function open(path: string, accept: string | undefined, stop: AbortSignal): Promise<IncomingMessage> {
    const either = AbortSignal.any([signal, stop]);
    try {
      const answer = await ask('GET', path, accepting(accept), either);
      if (!isGood(answer)) throw errorOf(answer, await textOf(answer, either));
      return answer;
    } catch (error) {
      stop.throwIfAborted();
      throw unanswered(error, signal);
    }
  }

  const accepting = (accept?: string): Extra => (accept === undefined ? {} : { headers: { accept } });
  const withType = (body: object, type: string): Extra => ({ body, headers: { 'content-type': type } });
  return {
    get: (path, accept) => json('GET', path, accepting(accept)).catch(absent) as never,
    create: (path, body) => json('POST', path, withType(body, 'application/json')),
    replace: (path, body) => json('PUT', path, withType(body, 'application/json')),
    merge: (path, body) => json('PATCH', path, withType(body, 'application/merge-patch+json')),
    remove: async (path, options) => {
      await json('DELETE', path, options && withType(options, 'application/json')).catch(absent);
    },
    async *watch(path, stop, accept) {
      yield* jsonLines(await open(path, accept, stop), stop);
    },
    writes: () => writes,
  };
}

interface Extra {
  body?: object;
  headers?: Record<string, string>;
}

function absent(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 404) return undefined;
  throw error;
}

const isGood = ({ statusCode = 0 }: IncomingMessage): boolean => statusCode >= 200 && statusCode < 300;

/** The API's Status says why. Its text may quote values of the object sent, and Ordo sends only its own. */
function errorOf({ statusCode = 0, statusMessage = '' }: IncomingMessage, text: string): ApiError {
  try {
    const { reason = '', message = '' } = JSON.parse(text) as { reason?: string; message?: string };
    return new ApiError(statusCode, reason, `${statusCode} ${reason}: ${message}`);
  } catch {
    return new ApiError(statusCode, '', `${statusCode} ${statusMessage}`);
  }
}

function unanswered(error: unknown, signal: AbortSignal): Error {
  signal.throwIfAborted();
  if (error instanceof ApiError) return error;
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  const reason = name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS / 1000} s` : (code ?? message);
  return new ExternalError(`the API server does not answer: ${reason}`, { cause: error });
}
