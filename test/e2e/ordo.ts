import assert from 'node:assert/strict';
import type { CommandResult } from '../cluster/command.ts';
import { NAMESPACE, type Site } from './site.ts';

const inPod = (args: readonly string[]): string[] => ['-n', NAMESPACE, 'exec', 'deploy/ordo', '--', 'ordo', ...args];

/** A command of `ordo` in its pod, whatever it ends with. */
export const ordo = ({ world }: Site, ...args: string[]): Promise<CommandResult> => world.cluster.kubectl(inPod(args));

/** What a command of `ordo` prints that has to end with 0. */
export const ordoSays = (site: Site, ...args: string[]): Promise<string> => site.kubectl(...inPod(args));

/** What the controller's port answers; unlike a command it begins no pass. */
export async function portSays(site: Site, path: 'readyz' | 'metrics'): Promise<string> {
  const names = await site.kubectl('-n', NAMESPACE, 'get', 'pods', '-l', 'app=ordo', '-o', 'name');
  const pod = names.trim().split('\n')[0]?.split('/')[1] ?? '';
  return site.kubectl('get', '--raw', `/api/v1/namespaces/${NAMESPACE}/pods/${pod}:8080/proxy/${path}`);
}

/** How often the controller's container was started again, as `0`. */
export function restarts(site: Site): Promise<string> {
  const path = 'jsonpath={.items[*].status.containerStatuses[*].restartCount}';
  return site.kubectl('-n', NAMESPACE, 'get', 'pods', '-l', 'app=ordo', '-o', path);
}

/** A number of `/metrics` that has no labels. */
export async function metric(site: Site, name: string): Promise<number> {
  const text = await portSays(site, 'metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? assert.fail(`${name} is not in ${text}`));
}
