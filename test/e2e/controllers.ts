import assert from 'node:assert/strict';
import type { KubeObject } from '../../src/domain/object.ts';
import { NAMESPACE, type Site } from './site.ts';

/**
 * Resolves when so many controllers of each name are at work, or all their pods are gone. They are scaled as an autoscaler
 * does it: what a person scales is drift, and Ordo's own Deployment would be put back by one more rollout.
 */
export async function scale(site: Site, replicas: 0 | 1, ...names: string[]): Promise<void> {
  const own = (...args: string[]): Promise<string> => site.kubectl('-n', NAMESPACE, ...args);
  const patch = [
    '--subresource=scale',
    '--field-manager=scaler',
    '--type=merge',
    '-p',
    `{"spec":{"replicas":${replicas}}}`,
  ];
  await own('patch', 'deployment', ...names, ...patch);
  for (const name of names) {
    const what =
      replicas === 0
        ? ['--for=delete', 'pod', '-l', `app=${name}`]
        : ['--for=condition=Available', `deployment/${name}`];
    await own('wait', '--timeout=60s', ...what);
  }
}

/** A second Deployment of Ordo's image, account and settings; its pods have this `app` label. */
export async function startSecond(site: Site, name: string): Promise<void> {
  const first = (await site.get('deployment', 'ordo', NAMESPACE)) ?? assert.fail();
  const spec = JSON.parse(JSON.stringify(first['spec']).replaceAll('"app":"ordo"', `"app":"${name}"`)) as object;
  const second: KubeObject = { ...first, metadata: { name, namespace: NAMESPACE }, spec };
  const { code, stderr } = await site.world.cluster.kubectl(['create', '-f', '-'], JSON.stringify(second));
  assert.equal(code, 0, stderr);
  await scale(site, 1, name);
}
