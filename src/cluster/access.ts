import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';

/** Where the API server is and who asks. */
export interface Access {
  /** `https://HOST:PORT` */
  server: string;
  /** Asked before each request: tokens and certificates are replaced while Ordo runs. May be some seconds old. */
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
    return { server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`, identity: podIdentity() };
  }
  // Loaded only here: its library takes 10 MiB.
  const { kubeconfigAccess } = await import('./kubeconfig.ts');
  return kubeconfigAccess();
}

/** The kubelet replaces a token minutes before it ends; read for each request it is 6 % of what a rollout costs here. */
const FRESH_MS = 10_000;

/** https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api */
function podIdentity(): Access['identity'] {
  let last: { at: number; identity: Identity } | undefined;
  return async () => {
    const at = performance.now();
    if (last !== undefined && at - last.at < FRESH_MS) return last.identity;
    const [ca, token] = await Promise.all(['ca.crt', 'token'].map((name) => readFile(join(ACCOUNT, name), 'utf8')));
    const identity = { ca, headers: { authorization: `Bearer ${(token ?? '').trim()}` } };
    last = { at, identity };
    return identity;
  };
}
