import { Agent, request } from 'node:https';
import { isTooEarly } from './said.ts';
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

/** Reads, and writes what Ordo keeps for itself: everything else that changes the cluster goes through kubectl. */
export interface Api {
  /** The answer's JSON, undefined for 404. Rejects with ApiError, or TransientError after about a minute of trying. */
  get(path: string, accept?: string): Promise<unknown>;
  /** The answer as text, such as a container's log; '' for 404. Asked once: rejects with TransientError at the first passing cause. */
  text(path: string): Promise<string>;
  /**
   * Server-side apply of one object as `manager`, which takes fields over that others own. Asked once, and not given up
   * when the runner is to stop: rejects with TransientError at a passing cause, else with ApiError.
   */
  apply(path: string, object: object, manager: string): Promise<void>;
}

/** The API server said no. `why`: its words, for what was written alone: those of other answers may quote objects. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  constructor(request: string, status: number, why?: string) {
    super([`${request} was answered ${status}`, ...(why ? [why] : [])].join(': '));
    this.status = status;
  }
}

interface Options extends Waiting {
  /** Ends at once what is being written; `signal` ends what is being read. */
  kill?: AbortSignal;
}

interface Question {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal | undefined;
}

const REQUEST_MS = 30_000;
const APPLY_PATCH = 'application/apply-patch+yaml';

/** A kubectl start costs 60 ms of processor time and 50 MB: the waiting loops would start thousands. */
export function createApi({ server, ca, token, cert, key }: Connection, waiting: Options): Api {
  const agent = new Agent({ keepAlive: true, maxSockets: 6, ca, ...(cert && key ? { cert, key } : {}) });
  return {
    get: async (path, accept = 'application/json') => {
      const body = await withPatience(() => once(path, accept), waiting);
      return body === undefined ? undefined : (JSON.parse(body) as unknown);
    },
    text: async (path) => (await once(path, '*/*')) ?? '',
    async apply(path, object, manager) {
      const headers = { accept: 'application/json', 'content-type': APPLY_PATCH };
      const query = new URLSearchParams({ fieldManager: manager, force: 'true' }).toString();
      const body = JSON.stringify(object);
      const question = { method: 'PATCH', path: `${path}?${query}`, headers, body, signal: waiting.kill };
      const { status, body: said } = await ask(question);
      if (status === 200 || status === 201) return;
      const why = messageOf(said);
      // Somebody else wrote at the same moment, or the namespace has only just been made.
      if (isPassing(status) || status === 409 || isTooEarly(why)) {
        throw new TransientError(`the API server answered ${status}: ${why}`);
      }
      throw new ApiError(`PATCH ${path}`, status, why);
    },
  };

  async function once(path: string, accept: string): Promise<string | undefined> {
    const { status, body } = await ask({ method: 'GET', path, headers: { accept }, signal: waiting.signal });
    if (status === 404) return undefined;
    if (isPassing(status)) throw new TransientError(`the API server answered ${status}`);
    if (status !== 200) throw new ApiError(`GET ${path}`, status);
    return body;
  }

  async function ask({ path, headers, body, ...rest }: Question): Promise<{ status: number; body: string }> {
    const who = token ? { authorization: `Bearer ${await token()}` } : {};
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
    const fail = (cause: Error): void => reject(new TransientError(`API server: ${code(cause)}`, { cause }));
    const sent = request(
      `${server}${path}`,
      { ...rest, agent, headers: { ...headers, ...who }, timeout: REQUEST_MS },
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
    sent.end(body);
    return promise;
  }
}

const isPassing = (status: number): boolean => status === 401 || status === 429 || status >= 500;

/** Of the `Status` that the API server answers with. */
function messageOf(said: string): string {
  try {
    return (JSON.parse(said) as { message?: string }).message ?? '';
  } catch {
    return '';
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
