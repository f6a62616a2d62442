import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';

/** Where the API server is and who asks. */
export interface Access {
  /** `https://HOST:PORT` */
  server: string;
  /** Asked before each request: tokens and certificates are replaced while Ordo runs. */
  identity: () => Promise<Identity>;
}

export interface Identity {
  headers: Record<string, string>;
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The cluster of the pod's service account, else of the kubeconfig. */
export async function findAccess(env: NodeJS.ProcessEnv): Promise<Access> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443', KUBECONFIG: file } = env;
  if (file === undefined && host !== undefined && existsSync(join(ACCOUNT, 'token'))) {
    return { server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`, identity: podIdentity };
  }
  // Loaded only here: its library takes 10 MiB.
  const { kubeconfigAccess } = await import('./kubeconfig.ts');
  return kubeconfigAccess();
}

/** https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api */
async function podIdentity(): Promise<Identity> {
  const [ca, token] = await Promise.all(['ca.crt', 'token'].map((name) => readFile(join(ACCOUNT, name), 'utf8')));
  return { ca, headers: { authorization: `Bearer ${(token ?? '').trim()}` } };
}
