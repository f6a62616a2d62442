import { readFile } from 'node:fs/promises';
import { Pool } from 'undici';

interface Config {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
  users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
}

/** The API server over kept connections. Both throw on whatever is neither success nor told here. */
export interface Api {
  /** Answers with the object at an API path, as JSON; undefined when there is none. `accept` asks for another form of it. */
  read(path: string, accept?: string): Promise<unknown>;
  /** Changes something; undefined when there is no such object (any more), or not as it was read: who goes on looks again. */
  write(method: 'DELETE' | 'PUT', path: string, body?: object): Promise<unknown>;
}

/**
 * Asks as the user of a kubeconfig that `writeKubeconfig` wrote. Tests look several times a second, and a kubectl for each
 * look would take half of the processor.
 */
export function createApi(kubeconfig: string): Api {
  let pool: Promise<Pool> | undefined;
  return {
    read: (path, accept = 'application/json') => ask('GET', path, { accept }),
    write: (method, path, body) => ask(method, path, { 'content-type': 'application/json' }, body),
  };

  async function ask(method: string, path: string, headers: Record<string, string>, content?: object) {
    const text = content && JSON.stringify(content);
    const { statusCode, body } = await (
      await (pool ??= connect(kubeconfig))
    ).request({ method, path, headers, ...(text && { body: text }) });
    const answer = await body.text();
    if (statusCode === 404 || (statusCode === 409 && method !== 'GET')) return undefined;
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${answer}`);
    return JSON.parse(answer) as unknown;
  }
}

async function connect(kubeconfig: string): Promise<Pool> {
  const { clusters, users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as Config;
  const { cluster } = clusters[0];
  const { user } = users[0];
  return new Pool(cluster.server, {
    connect: {
      ca: decoded(cluster['certificate-authority-data']),
      cert: decoded(user['client-certificate-data']),
      key: decoded(user['client-key-data']),
    },
  });
}

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString();
