import assert from 'node:assert/strict';
import { planText } from './footprints.ts';
import { configMap, deployment, job, namespace, pod, secret, service } from './samples.ts';
import type { Site } from './site.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

const CONFIGS = [
  'patched',
  'reverted',
  'removed',
  'cleared',
  'forced',
  'replaced',
  'reported',
  'ignored',
  'fought',
  'held',
];
const WORKLOADS = ['scaled', 'pictured', 'labelled', 'untargeted', 'unstamped', 'foreign'];

/** ConfigMaps and workloads, one for each way in which they are touched. */
export function driftFiles(world: World): Record<string, string> {
  const files: Record<string, string> = {
    'deploy/2-shop/10-shopnamespace.yml': namespace('shop'),
    'deploy/2-shop/110-shopsecret.yml': secret('shop', 'shop', { password: 'from git' }),
    'deploy/3-web/150-webservice.yml': service('web', 'shop'),
    'deploy/3-web/160-migratejob.yml': job(world, {
      name: 'migrate',
      app: 'web',
      namespace: 'shop',
      container: "command: ['true']",
    }),
    'deploy/3-web/165-oncepod.yml': pod(world, {
      name: 'once',
      app: 'web',
      namespace: 'shop',
      pod: 'restartPolicy: Never',
      container: "command: ['true']",
    }),
    'deploy/3-web/170-webdeployment.yml': deployment(world, { name: 'web', namespace: 'shop' }),
  };
  for (const name of CONFIGS) {
    const drift = { reported: 'report', ignored: 'off' }[name];
    const text = configMap(name, 'shop', { value: 'from git', other: 'too' });
    files[`deploy/2-shop/100-${name}configmap.yml`] =
      drift === undefined ? text : text.replace('\ndata:', `\n  annotations: { ordo.dev/drift: "${drift}" }\ndata:`);
  }
  for (const name of WORKLOADS) {
    files[`deploy/3-web/170-${name}deployment.yml`] = deployment(world, {
      name,
      app: 'web',
      namespace: 'shop',
      replicas: 0,
    });
  }
  return files;
}

export const config = (name: string): string[] => ['-n', 'shop', 'configmap', name];
export const workload = (name: string): string[] => ['-n', 'shop', 'deployment', name];
export const patch = (where: readonly string[], value: object, type = 'merge'): string[] => [
  ...['patch', ...where, `--type=${type}`, '-p', JSON.stringify(value)],
];
export const byHand = { data: { value: 'by hand' } };
export const fromGit = { data: { value: 'from git' } };

/** What another manager applies, by force. */
export async function applied({ cluster }: World, manager: string, name: string): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, ...byHand };
  const args = ['apply', '--server-side', '--force-conflicts', `--field-manager=${manager}`, '-f', '-'];
  const { code, stderr } = await cluster.kubectl(args, JSON.stringify(object));
  assert.equal(code, 0, stderr);
}

/** What kubectl replaces as a whole. */
export async function replaced({ cluster }: World, name: string): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, ...byHand };
  const { code, stderr } = await cluster.kubectl(['replace', '-f', '-'], JSON.stringify(object));
  assert.equal(code, 0, stderr);
}

/** Waits until nothing is left to do, and a plan that was made from then on says so. */
export async function settled(site: Site): Promise<void> {
  await until('nothing to be left to do', async () => (await planText(site)).startsWith('nothing to do'), {
    explain: () => planText(site),
  });
}
