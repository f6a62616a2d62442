import { gunzipSync } from 'node:zlib';
import type { HistoryEntry } from '../../src/domain/history.ts';
import type { KubeObject } from '../../src/domain/object.ts';
import { ACCOUNT, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';

export const TRIGGER = { 'rolling.restart.controller/triggerRestart': 'true' };
export const ON_TRIGGER = { 'rolling.restart.controller/restartOnTrigger': 'true' };
const RESTARTED_AT = 'rolling.restart.controller/restartTimestamp';

interface Meta {
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
}

/** A ConfigMap as its users write it; with `kind: Secret` the same as a Secret. */
export const configuration = (
  name: string,
  data: Record<string, string>,
  meta: Meta = {},
  kind = 'ConfigMap',
): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, ...meta },
  ...(kind === 'Secret' ? { stringData: data } : { data }),
});

/** What runs pods; none of them unless `replicas` says so, since a restart shows on the template. */
export function running(
  name: string,
  { kind = 'Deployment', replicas = 0, pod = {}, container = {}, ...meta }: Meta & RunningOptions = {},
): KubeObject {
  const labels = { run: name };
  const main = { name: 'main', image: `ghcr.io/${ACCOUNT}/app:main`, ...container };
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [main], ...pod } };
  const own = kind === 'DaemonSet' ? {} : { replicas };
  const spec = {
    ...own,
    selector: { matchLabels: labels },
    template,
    ...(kind === 'StatefulSet' && { serviceName: name }),
  };
  return { apiVersion: 'apps/v1', kind, metadata: { name, ...meta }, spec };
}

interface RunningOptions {
  kind?: string;
  replicas?: number;
  pod?: object;
  container?: object;
}

const MANY = { app: 'many', env: 'test' };
const marks = { labels: MANY, annotations: ON_TRIGGER };

/** Each kind that can be restarted, and each way to opt in; for `manyConfigurations`. */
export const MANY_USERS: readonly KubeObject[] = [
  running('stuck', marks),
  running('set', { ...marks, kind: 'StatefulSet' }),
  running('daemon', { ...marks, kind: 'DaemonSet', pod: { nodeSelector: { no: 'node' } } }),
  running('auto', {
    annotations: { 'ordo.dev/restart-on': 'auto' },
    container: { envFrom: [{ configMapRef: { name: 'plain' } }] },
  }),
  running('named', { annotations: { 'ordo.dev/restart-on': 'secret/many,configmap/missing' } }),
];

export const manyConfigurations = (value: string): KubeObject[] => [
  configuration('many', { value }, { labels: MANY, annotations: TRIGGER }, 'Secret'),
  configuration('plain', { value }),
];

/** Applies objects as a person would, with kubectl's own field manager. */
export async function applyByHand(site: Site, namespace: string, ...objects: KubeObject[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const { code, stderr } = await site.world.cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], list);
  if (code !== 0) throw new Error(stderr);
}

export interface Live {
  metadata: { uid: string; generation: number; managedFields?: { manager: string; operation: string }[] };
  spec: { template: { metadata: { annotations?: Record<string, string> } } };
}

export async function readLive(site: Site, namespace: string, object: string): Promise<Live> {
  const [kind = '', name = ''] = object.split('/');
  const found = await site.get<Live>(kind, name, namespace);
  if (found === undefined) throw new Error(`${object} is not there`);
  return found;
}

/** When it was restarted last; undefined: never. */
export const restartedAt = async (site: Site, namespace: string, object: string): Promise<string | undefined> =>
  (await readLive(site, namespace, object)).spec.template.metadata.annotations?.[RESTARTED_AT];

/** How often its spec was changed since it was made, by object. */
export async function generations(
  site: Site,
  namespace: string,
  objects: readonly string[],
): Promise<Record<string, number>> {
  const all = objects.map(async (one) => [one, (await readLive(site, namespace, one)).metadata.generation] as const);
  return Object.fromEntries(await Promise.all(all));
}

/** The pods of a sample, and the variable `color` of one of them. */
export async function podOf(site: Site, namespace: string, name: string): Promise<string> {
  const pods = await site.kubectl('-n', namespace, 'get', 'pods', '-l', `run=${name}`, '-o', 'name');
  const color = await site.kubectl('-n', namespace, 'exec', `deploy/${name}`, '--', '/bin/sh', '-c', 'echo $color');
  return `${pods}${color}`.trim().replaceAll('\n', ' ');
}

/** Waits until what is there counts as seen. */
export const remembered = (site: Site): Promise<unknown> =>
  until('the memory', async () => site.get('configmap', 'ordo-restarts', NAMESPACE), { explain: () => site.log() });

/** Waits until a rollout that restarts this object has ended. */
export async function restarted(site: Site, object: string, after = 0): Promise<HistoryEntry> {
  const look = async (): Promise<HistoryEntry | undefined> =>
    (await site.history()).find(
      ({ rollout, state, restarts, steps }) =>
        restarts === true && rollout > after && state !== 'running' && steps.some((step) => step.object === object),
    );
  return until(`a restart of ${object}`, look, { explain: () => site.log() });
}

/** The workloads of which something is remembered, by id. */
export async function memorised(site: Site, namespace = NAMESPACE): Promise<string[]> {
  const stored = await site.get<{ binaryData?: { restarts?: string } }>('configmap', 'ordo-restarts', namespace);
  const bytes = stored?.binaryData?.restarts;
  if (bytes === undefined) return [];
  const { workloads } = JSON.parse(gunzipSync(Buffer.from(bytes, 'base64')).toString()) as { workloads: object };
  return Object.keys(workloads);
}

/** With one change more of each of these. */
export const raised = (before: Record<string, number>, ...objects: string[]): Record<string, number> =>
  Object.fromEntries(Object.entries(before).map(([name, count]) => [name, objects.includes(name) ? count + 1 : count]));

/** Has the API server refuse new pod templates of one Deployment. */
export async function forbidRestarts(site: Site, namespace: string, name: string): Promise<void> {
  const resourceRules = [
    { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments'] },
  ];
  const validations = [
    {
      expression: `object.metadata.name != '${name}' || object.spec.template == oldObject.spec.template`,
      message: 'not this one',
    },
  ];
  const policy = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'no-restarts' },
    spec: { failurePolicy: 'Fail', matchConstraints: { resourceRules }, validations },
  };
  const binding = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'no-restarts' },
    spec: { policyName: 'no-restarts', validationActions: ['Deny'] },
  };
  await applyByHand(site, namespace, policy, binding);
  const body = JSON.stringify({ spec: { template: { metadata: { annotations: { tried: 'yes' } } } } });
  await until('the policy to be in force', async () => {
    const args = ['-n', namespace, 'patch', 'deployment', name, '--type=merge', '--dry-run=server', '-p', body];
    return (await site.world.cluster.kubectl(args)).code !== 0;
  });
}
