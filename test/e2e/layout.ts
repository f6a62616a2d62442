import { account, kubectlJob, role, roleBinding } from './kubectl-job.ts';
import { configMap, cronJob, daemonSet, deployment, namespace, service, statefulSet } from './samples.ts';
import type { World } from './world.ts';

/** The packages that are pushed as PREFIX-APP. */
export const APPS = ['influxdb', 'telegraf', 'grafana'];
export const PREFIX = 'device';
export const WHERE = 'monitoring';
/** The account of the Jobs that make tokens. */
const TOKENS = { name: 'tokens', namespace: WHERE };

/**
 * A device as DORIS's documents show it: a database, an agent and a dashboard, each a group, with Jobs that make tokens
 * and stand before the workloads that read them.
 */
export function deviceLayout(world: World): Record<string, string> {
  return {
    ...groupOf('2-influxdb', {
      '10-monitoringnamespace.yml': namespace(WHERE),
      '20-ghcrsecret.yml': PULL_SECRET,
      '30-tokensserviceaccount.yml': account(TOKENS),
      '40-tokensrole.yml': role(TOKENS),
      '50-tokensrolebinding.yml': roleBinding(TOKENS),
      '60-influxdbpersistentvolume.yml': VOLUME,
      '120-influxdbconfigmap.yml': configMap('influxdb', WHERE, { organisation: 'device' }),
      '130-influxdbservice.yml': service('influxdb', WHERE, 8086),
      '160-influxdbtokenjob.yml': tokenJob(world, 'influxdb'),
      '170-influxdbstatefulset.yml': statefulSet(world, workload('influxdb')).replace('  serviceName:', CLAIMS),
    }),
    ...groupOf('3-telegraf', {
      '120-telegrafconfigmap.yml': configMap('telegraf', WHERE, { interval: '10s' }),
      '160-telegraftokenjob.yml': tokenJob(world, 'telegraf'),
      '170-telegrafdaemonset.yml': daemonSet(world, workload('telegraf')),
    }),
    ...groupOf('4-grafana', {
      '120-grafanaconfigmap.yml': configMap('grafana', WHERE, { theme: 'dark' }),
      '130-grafanaservice.yml': service('grafana', WHERE, 3000),
      '160-grafanatokenjob.yml': tokenJob(world, 'grafana'),
      '170-grafanadeployment.yml': deployment(world, workload('grafana')),
      '190-grafanabackupcronjob.yml': cronJob(world, { ...workload('grafana'), name: 'backup', app: 'grafana' }),
    }),
  };
}

const groupOf = (folder: string, files: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`deploy/${folder}/${name}`, text]));

const workload = (name: string) => ({
  ...{ name, namespace: WHERE, pod: 'imagePullSecrets: [{ name: ghcr }]' },
  container: `envFrom: [{ configMapRef: { name: ${name} } }, { secretRef: { name: ${name}-token } }]`,
});

/** Makes a token that stands in no repository, before the workload that reads it. */
const tokenJob = (world: World, app: string): string =>
  kubectlJob(world, { name: `${app}-token`, namespace: WHERE, account: TOKENS.name }, [
    'token=$(head -c 18 /dev/urandom | base64)',
    `kubectl create secret generic ${app}-token --from-literal=token="$token"`,
  ]);

const PULL_SECRET = `
apiVersion: v1
kind: Secret
type: kubernetes.io/dockerconfigjson
metadata: { name: ghcr, namespace: ${WHERE} }
data: { .dockerconfigjson: pull_ghcr_image_token }
`;

const VOLUME = `
apiVersion: v1
kind: PersistentVolume
metadata: { name: influxdb }
spec:
  storageClassName: ''
  accessModes: [ReadWriteOnce]
  capacity: { storage: 1Mi }
  claimRef: { namespace: ${WHERE}, name: data-influxdb-0 }
  hostPath: { path: /tmp }
`;

const CLAIMS = `  volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        storageClassName: ''
        accessModes: [ReadWriteOnce]
        resources: { requests: { storage: 1Mi } }
  serviceName:`;
