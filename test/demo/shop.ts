import type { World } from '../e2e/world.ts';
import { namespace, service, statefulSet, deployment, daemonSet } from '../e2e/samples.ts';

const WEB_CONFIG = 'deploy/4-web/120-webconfigmap.yml';
export const AGENT_FILE = 'deploy/4-web/180-agentdaemonset.yml';

/** The demo's repository beside Ordo itself: a database, a Job that makes what the application needs, the application. */
export function shop(world: World): Record<string, string> {
  return {
    'deploy/2-database/10-shopnamespace.yml': namespace('shop'),
    'deploy/2-database/150-databaseservice.yml': service('database', 'shop', 5432),
    'deploy/2-database/170-databasestatefulset.yml': statefulSet(world, { name: 'database', namespace: 'shop' }),
    'deploy/3-setup/20-setupserviceaccount.yml': SETUP_ACCOUNT,
    'deploy/3-setup/30-setuprole.yml': SETUP_ROLE,
    'deploy/3-setup/40-setuprolebinding.yml': SETUP_BINDING,
    'deploy/3-setup/160-setupjob.yml': setupJob(world),
    [WEB_CONFIG]: webConfig('hello'),
    'deploy/4-web/170-webdeployment.yml': deployment(world, {
      name: 'web',
      namespace: 'shop',
      container: 'envFrom: [{ configMapRef: { name: web } }, { secretRef: { name: database-access } }]',
    }),
    [AGENT_FILE]: daemonSet(world, {
      name: 'agent',
      namespace: 'shop',
      container: 'envFrom: [{ configMapRef: { name: database-address } }]',
    }),
  };
}

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

const SETUP_ACCOUNT = `
apiVersion: v1
kind: ServiceAccount
metadata:
  name: setup
  namespace: shop
`;

const SETUP_ROLE = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: setup
  namespace: shop
rules:
  - apiGroups: [""]
    resources: [configmaps, secrets]
    verbs: [create, get, patch]
`;

const SETUP_BINDING = `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: setup
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: setup
subjects:
  - kind: ServiceAccount
    name: setup
    namespace: shop
`;

/** Makes a password that stands in no repository, with the kubectl in Ordo's own image. */
const setupJob = ({ image }: World): string => `
apiVersion: batch/v1
kind: Job
metadata:
  name: setup
  namespace: shop
spec:
  template:
    spec:
      restartPolicy: Never
      serviceAccountName: setup
      containers:
        - name: setup
          image: ${image}
          command: [/bin/sh, -ec]
          args:
            - |
              password=$(head -c 18 /dev/urandom | base64)
              kubectl create secret generic database-access --from-literal=password="$password"
              kubectl create configmap database-address --from-literal=host=database.shop.svc
`;
