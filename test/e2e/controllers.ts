import assert from 'node:assert/strict';
import type { KubeObject } from '../../src/domain/object.ts';
import { NAMESPACE, ownFiles, type Site } from './site.ts';

/** Resolves when so many controllers of each name are at work, or all their pods are gone. */
export async function scale(site: Site, replicas: 0 | 1, ...names: string[]): Promise<void> {
  const own = (...args: string[]): Promise<string> => site.kubectl('-n', NAMESPACE, ...args);
  await own('scale', `--replicas=${replicas}`, 'deployment', ...names);
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

/** Ordo's own Deployment for tests that scale it, which is drift: Ordo would put it back by one more rollout. */
export async function scalable(): Promise<Record<string, string>> {
  const path = 'deploy/1-ordo/170-ordodeployment.yml';
  const text = (await ownFiles())[path] ?? assert.fail(`${path} is missing`);
  return { [path]: text.replace('\n  labels:', '\n  annotations:\n    ordo.dev/drift: "off"$&') };
}
