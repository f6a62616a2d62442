import type { World } from './world.ts';
import { buildImage } from '../standins/image.ts';
import { ACCOUNT } from './site.ts';

/** What users write: texts of manifests. Readiness is asked of the test (`/NAME` of its probe server), never a matter of time. */

/** Ends at once when told to: as process 1 a plain `sleep` would wait for its grace period. Until then it does nothing. */
export const SERVE = ['/bin/sh', '-c', 'trap "exit 0" TERM; sleep 100000 & wait'];

/** Builds and pushes `ghcr.io/acme/APP:main`; another version has another digest. Answers with the index digest. */
export const pushApp = (world: World, app: string, version: string): Promise<string> =>
  pushImage(world, `${ACCOUNT}/${app}:main`, version);

/** The same for any image of the registry, as PATH:TAG. */
export async function pushImage(world: World, name: string, version: string): Promise<string> {
  const image = await buildImage({ name, version, entrypoint: SERVE, user: '1000' });
  const { digest } = await world.registry.push(image);
  return digest;
}

/** `ghcr.io/acme/foreign:main`, for the platform that this machine has not. */
export async function pushForeign(world: World): Promise<void> {
  const other = process.arch === 'arm64' ? 'linux/amd64' : 'linux/arm64';
  const name = `${ACCOUNT}/foreign:main`;
  await world.registry.push(await buildImage({ name, version: { [other]: '1' }, entrypoint: ['/bin/true'] }));
}

export const namespace = (name: string): string => `
apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
`;

export const configMap = (name: string, namespaceName: string, data: Record<string, string>): string => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  namespace: ${namespaceName}
data:
${lines(data, 2)}`;

export const secret = (name: string, namespaceName: string, data: Record<string, string>): string => `
apiVersion: v1
kind: Secret
metadata:
  name: ${name}
  namespace: ${namespaceName}
stringData:
${lines(data, 2)}`;

export const service = (name: string, namespaceName: string, port = 80): string => `
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${namespaceName}
spec:
  selector:
    app: ${name}
  ports:
    - port: ${port}
`;

export const claim = (name: string, namespaceName: string, labels: Record<string, string> = {}): string => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: ${name}
  namespace: ${namespaceName}
  labels:
${lines(labels, 4)}spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 1Mi } }
`;

/** A kind whose objects hold nothing but metadata, named by the plural. */
export const crd = (group: string, kind: string, scope = 'Namespaced', annotations?: string): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${kind.toLowerCase()}s.${group}${annotations === undefined ? '' : `, annotations: ${annotations}`} }
spec:
  group: ${group}
  scope: ${scope}
  names: { kind: ${kind}, plural: ${kind.toLowerCase()}s }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]
`;

export interface WorkloadOptions {
  name: string;
  namespace: string;
  /** The app label; the name when left out. */
  app?: string;
  image?: string;
  /** Lines of the container, two spaces deep from `- name`, such as `envFrom: [...]`. */
  container?: string;
  /** Lines of the pod spec. */
  pod?: string;
  /** Name at the probe server that readiness is asked of; none: ready when running. */
  probe?: string;
  annotations?: Record<string, string>;
  replicas?: number;
}

/** The pod template that all workloads share, indented for `spec.template`. */
function template(world: World, options: WorkloadOptions, restart?: string): string {
  const { name, app = name, image = 'image_url_var', container = '', pod = '', probe } = options;
  const readiness =
    probe === undefined
      ? ''
      : `readinessProbe: { httpGet: { host: ${world.cluster.nodeAddress}, port: ${world.probes.port}, path: /${probe} }, periodSeconds: 1 }`;
  return `
    metadata:
      labels:
        app: ${app}
        instance: ${name}
    spec:
      terminationGracePeriodSeconds: 1
      automountServiceAccountToken: false
${restart === undefined ? '' : `      restartPolicy: ${restart}\n`}${indent(pod, 6)}
      containers:
        - name: main
          image: ${image}
${indent(container, 10)}
${indent(readiness, 10)}`;
}

const head = (
  apiVersion: string,
  kind: string,
  { name, namespace: where, app = name, annotations }: WorkloadOptions,
): string => `
apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: ${name}
  namespace: ${where}
  labels:
    app: ${app}
${annotations ? `  annotations:\n${lines(annotations, 4)}` : ''}`;

const selector = (name: string): string => `  selector:
    matchLabels:
      instance: ${name}
`;

export function deployment(world: World, options: WorkloadOptions): string {
  return `${head('apps/v1', 'Deployment', options)}spec:
  replicas: ${options.replicas ?? 1}
${selector(options.name)}  template:${template(world, options)}`;
}

export function replicaSet(world: World, options: WorkloadOptions): string {
  return `${head('apps/v1', 'ReplicaSet', options)}spec:
  replicas: ${options.replicas ?? 1}
${selector(options.name)}  template:${template(world, options)}`;
}

export function daemonSet(world: World, options: WorkloadOptions): string {
  return `${head('apps/v1', 'DaemonSet', options)}spec:
${selector(options.name)}  template:${template(world, options)}`;
}

export function statefulSet(world: World, options: WorkloadOptions): string {
  return `${head('apps/v1', 'StatefulSet', options)}spec:
  serviceName: ${options.name}
  replicas: ${options.replicas ?? 1}
${selector(options.name)}  template:${template(world, options)}`;
}

/** `container` should give a command that ends. */
export function job(world: World, options: WorkloadOptions): string {
  return `${head('batch/v1', 'Job', options)}spec:
  backoffLimit: 0
  template:${template(world, options, 'Never')}`;
}

/** Container lines for what ends well as soon as the test says that `probe` is ready. */
export const untilReady = ({ cluster, probes }: World, probe: string): string => {
  const url = `http://${cluster.nodeAddress}:${probes.port}/${probe}`;
  return `command: ['/bin/sh', '-c', 'until wget -q -O /dev/null ${url}; do sleep 0.2; done']`;
};

/** Never runs by itself in a test: its schedule is the 30th of February. */
export function cronJob(world: World, options: WorkloadOptions): string {
  return `${head('batch/v1', 'CronJob', options)}spec:
  schedule: "0 0 30 2 *"
  jobTemplate:
    spec:
      template:${indent(template(world, options, 'Never'), 4)}`;
}

export function pod(world: World, options: WorkloadOptions): string {
  const [, spec = ''] = template(world, options).split('    spec:\n');
  return `${head('v1', 'Pod', options)}spec:\n${spec.replaceAll(/^ {4}/gm, '')}`;
}

const lines = (map: Record<string, string>, depth: number): string =>
  Object.entries(map)
    .map(([key, value]) => `${' '.repeat(depth)}${key}: ${JSON.stringify(value)}\n`)
    .join('');

const indent = (text: string, depth: number): string =>
  text
    .split('\n')
    .map((line) => (line.trim() === '' ? '' : ' '.repeat(depth) + line))
    .join('\n');
