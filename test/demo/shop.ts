import type { World } from '../e2e/world.ts';
import { account, kubectlJob, role, roleBinding } from '../e2e/kubectl-job.ts';
import { namespace, service, statefulSet, deployment, daemonSet } from '../e2e/samples.ts';

const SETUP = { name: 'setup', namespace: 'shop' };
/** Makes a password that stands in no repository. */
const SCRIPT = [
  'password=$(head -c 18 /dev/urandom | base64)',
  'kubectl create secret generic database-access --from-literal=password="$password"',
  'kubectl create configmap database-address --from-literal=host=database.shop.svc',
];
const WEB_CONFIG = 'deploy/4-web/120-webconfigmap.yml';
const WEB = 'deploy/4-web/170-webdeployment.yml';
const WEB_OPTIONS = {
  name: 'web',
  namespace: 'shop',
  container: 'envFrom: [{ configMapRef: { name: web } }, { secretRef: { name: database-access } }]',
};
export const AGENT_FILE = 'deploy/4-web/180-agentdaemonset.yml';

/** The demo's repository beside Ordo itself: a database, a Job that makes what the application needs, the application. */
export function shop(world: World, text = 'hello'): Record<string, string> {
  return {
    'deploy/2-database/10-shopnamespace.yml': namespace('shop'),
    'deploy/2-database/150-databaseservice.yml': service('database', 'shop', 5432),
    'deploy/2-database/170-databasestatefulset.yml': statefulSet(world, { name: 'database', namespace: 'shop' }),
    'deploy/3-setup/20-setupserviceaccount.yml': account(SETUP),
    'deploy/3-setup/30-setuprole.yml': role(SETUP),
    'deploy/3-setup/40-setuprolebinding.yml': roleBinding(SETUP),
    'deploy/3-setup/160-setupjob.yml': kubectlJob(world, SETUP, SCRIPT),
    [WEB_CONFIG]: webConfig(text),
    [WEB]: deployment(world, WEB_OPTIONS),
    [AGENT_FILE]: daemonSet(world, {
      name: 'agent',
      namespace: 'shop',
      container: 'envFrom: [{ configMapRef: { name: database-address } }]',
    }),
  };
}

/** The application, which now asks before it is ready, and is told to wait. */
export const brokenWeb = (world: World): Record<string, string> => ({
  [WEB]: deployment(world, { ...WEB_OPTIONS, probe: 'web' }),
});

export const greeting = (text: string): Record<string, string> => ({ [WEB_CONFIG]: webConfig(text) });

const webConfig = (text: string): string => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  namespace: shop
data:
  greeting: ${JSON.stringify(text)}
`;
