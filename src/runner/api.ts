import { Agent, request } from 'node:https';
import { TransientError, withPatience, type Waiting } from './transient.ts';

/** Where the API server is and who asks. In a pod: the service account's token; outside: a client certificate. */
export interface Connection {
  /** `https://HOST:PORT` */
  server: string;
  ca: string;
  /** Asked before each request: the kubelet replaces the file while the pod runs. */
  token?: () => Promise<string>;
  cert?: string;
  key?: string;
}

/** Reads only: everything that changes the cluster goes through kubectl. */
export interface Api {
  /** The answer's JSON, undefined for 404. Rejects with ApiError, or TransientError after about a minute of trying. */
  get(path: string, accept?: string): Promise<unknown>;
  /** The answer as text, such as a container's log; '' for 404. Asked once: rejects with TransientError at the first passing cause. */
  text(path: string): Promise<string>;
}

/** The API server refused the question; its text stays out, because it may quote objects. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  constructor(path: string, status: number) {
    super(`GET ${path} was answered ${status}`);
    this.status = status;
  }
}

const REQUEST_MS = 30_000;

/** A kubectl start costs 60 ms of processor time and 50 MB: the waiting loops would start thousands. */
export function createApi({ server, ca, token, cert, key }: Connection, waiting: Waiting): Api {
  const agent = new Agent({ keepAlive: true, maxSockets: 6, ca, ...(cert && key ? { cert, key } : {}) });
  return {
    get: async (path, accept = 'application/json') => {
      const body = await withPatience(() => once(path, accept), waiting);
      return body === undefined ? undefined : (JSON.parse(body) as unknown);
    },
    text: async (path) => (await once(path, '*/*')) ?? '',
  };

  async function once(path: string, accept: string): Promise<string | undefined> {
    const headers = { accept, ...(token ? { authorization: `Bearer ${await token()}` } : {}) };
    const { status, body } = await read(path, headers);
    if (status === 404) return undefined;
    if (status === 401 || status === 429 || status >= 500) {
      throw new TransientError(`the API server answered ${status}`);
    }
    if (status !== 200) throw new ApiError(path, status);
    return body;
  }

  function read(path: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
    const fail = (cause: Error): void => reject(new TransientError(`API server: ${code(cause)}`, { cause }));
    const sent = request(
      `${server}${path}`,
      { agent, headers, signal: waiting.signal, timeout: REQUEST_MS },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
        answer.on('error', fail);
      },
    );
    sent.on('error', fail).on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.end();
    return promise;
  }
}

function code(error: Error & { code?: string }): string {
  return error.code ?? error.name;
}

/** What `ask` answers, or `otherwise` where the runner may not ask: people may give its account fewer rights than everything. */
export async function ifAllowed<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return otherwise;
    throw error;
  }
}
