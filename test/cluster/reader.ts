import { readFile } from 'node:fs/promises';
import { Pool } from 'undici';

interface Config {
  clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
  users: [{ user: { 'client-certificate-data': string; 'client-key-data': string } }];
}

/** Answers with the object at an API path, as JSON; undefined when there is none. */
export type Read = (path: string) => Promise<unknown>;

/**
 * Reads from the API server over a kept connection, as the user of a kubeconfig that `writeKubeconfig` wrote. Tests look
 * several times a second, and a kubectl for each look would take half of the processor.
 */
export function createReader(kubeconfig: string): Read {
  let pool: Promise<Pool> | undefined;
  return async (path) => {
    const { statusCode, body } = await (await (pool ??= connect(kubeconfig))).request({ method: 'GET', path });
    if (statusCode === 404) {
      await body.dump();
      return undefined;
    }
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`GET ${path}: ${statusCode} ${text}`);
    return JSON.parse(text);
  };
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
