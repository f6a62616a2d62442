import { valueOf } from './footprints.ts';
import { kindFiles, kindVersions } from './rollback-kinds.ts';
import {
  claim,
  configMap,
  cronJob,
  daemonSet,
  deployment,
  job,
  namespace,
  statefulSet,
  type WorkloadOptions,
} from './samples.ts';
import type { Site } from './site.ts';
import type { World } from './world.ts';

/** The shop that a bad commit breaks: an object of each kind that a rollback has to treat in its own way. */
export const IN = 'shop';

/** A workload of the shop. */
export const own = (name: string, more: Partial<WorkloadOptions> = {}): WorkloadOptions => ({
  ...{ name, namespace: IN, app: 'web' },
  ...more,
});
/** For what becomes bad: long enough for what is good, and not waited for longer. */
export const BRIEF = { 'ordo.dev/timeout': '20s' };
const version = (value: string): string => `env: [{ name: VERSION, value: "${value}" }]`;
const runs = `command: ['/bin/true']`;
/** Is not ready when its configuration is bad. */
const CONFIGURED = `readinessProbe: { exec: { command: ['/bin/sh', '-c', 'test "$value" != bad'] }, periodSeconds: 1 }
envFrom: [{ configMapRef: { name: config } }]`;

/** Three groups, all of it in a version; `bad` never becomes ready. */
export function files(world: World, value: string, probe?: string): Record<string, string> {
  const sts = {
    container: version(value),
    annotations: { 'ordo.dev/update': 'rolling', ...BRIEF },
    ...(probe !== undefined && { probe }),
  };
  const rolls = { annotations: { 'ordo.dev/update': 'rolling' } };
  return {
    'deploy/2-early/10-namespace.yml': namespace(IN),
    'deploy/2-early/120-early.yml': configMap('early', IN, { value }),
    'deploy/3-shop/10-inner.yml': labelled(namespace('inner'), value),
    'deploy/3-shop/20-crd.yml': labelled(CRD, value),
    ...kindFiles('deploy/3-shop', IN, value),
    'deploy/3-shop/100-claim.yml': claim('data', IN, { version: value }),
    'deploy/3-shop/120-config.yml': configMap('config', IN, { value }),
    'deploy/3-shop/130-service.yml': nodePort(30000 + Number(value)),
    'deploy/3-shop/140-job.yml': job(world, own('job', { container: `${runs}\n${version(value)}` })),
    'deploy/3-shop/150-cron.yml': cronJob(world, own('cron', { container: version(value) })),
    'deploy/3-shop/160-daemon.yml': daemonSet(world, own('daemon', { container: version(value), ...rolls })),
    'deploy/3-shop/170-web.yml': deployment(world, own('web', { container: CONFIGURED, annotations: BRIEF })),
    'deploy/3-shop/180-sts.yml': statefulSet(world, own('sts', sts)),
    'deploy/4-late/120-late.yml': configMap('late', IN, { value }),
  };
}

const labelled = (text: string, value: string): string =>
  text.replace('metadata:\n', `metadata:\n  labels: { version: "${value}" }\n`);

const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: wares.shop.example.com
spec:
  group: shop.example.com
  scope: Namespaced
  names: { kind: Ware, plural: wares, singular: ware, listKind: WareList }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]
`;

const nodePort = (port: number): string => `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: ${IN} }
spec:
  type: NodePort
  selector: { app: web }
  ports: [{ port: 80, nodePort: ${port} }]
`;

interface Pod {
  spec: { containers: { env?: { name: string; value: string }[] }[] };
}

/** What of the shop stands in which version. */
export async function versions(site: Site): Promise<Record<string, unknown>> {
  const env = async (kind: string, name: string): Promise<string | undefined> => {
    const found = (await site.get(kind, name, IN)) as unknown as {
      spec: { template?: Pod; jobTemplate?: { spec: { template: Pod } } };
    };
    const template = found.spec.jobTemplate?.spec.template ?? found.spec.template;
    return template?.spec.containers[0]?.env?.find((one) => one.name === 'VERSION')?.value;
  };
  const exposed = (await site.get('service', 'web', IN)) as unknown as { spec: { ports: { nodePort: number }[] } };
  const label = async (kind: string, name: string, where?: string) =>
    (await site.get(kind, name, where))?.metadata.labels?.['version'];
  return {
    early: await valueOf(site, IN, 'early'),
    inner: await label('namespace', 'inner'),
    crd: await label('crd', 'wares.shop.example.com'),
    claim: await label('persistentvolumeclaim', 'data', IN),
    config: await valueOf(site, IN, 'config'),
    service: exposed.spec.ports[0]?.nodePort,
    job: await env('job', 'job'),
    cron: await env('cronjob', 'cron'),
    daemon: await env('daemonset', 'daemon'),
    sts: await env('statefulset', 'sts'),
    late: await valueOf(site, IN, 'late'),
    ...(await kindVersions(site, IN)),
  };
}
