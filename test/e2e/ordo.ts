import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Answered } from '../../src/commands/ask.ts';
import { askDesk } from '../../src/report/desk.ts';
import type { CommandResult } from '../cluster/command.ts';
import { NAMESPACE, type Site } from './site.ts';

let lastQuestion = 0;

const inPod = (args: readonly string[]): string[] => ['-n', NAMESPACE, 'exec', 'deploy/ordo', '--', 'ordo', ...args];

/** A command of `ordo` in its pod, whatever it ends with. */
export const ordo = ({ world }: Site, ...args: string[]): Promise<CommandResult> => world.cluster.kubectl(inPod(args));

/** What a command of `ordo` prints that has to end with 0. */
export const ordoSays = (site: Site, ...args: string[]): Promise<string> => site.kubectl(...inPod(args));

/**
 * What `ordo plan` prints, asked at the controller's socket as that command does: a look is then no kubectl, no process in the
 * container and no Node. Fails while no controller answers, or with what its desk answers instead.
 */
export async function planNow(site: Site): Promise<string> {
  // Each question begins a pass: half a second between two, as the command itself would take.
  await sleep(Math.max(0, lastQuestion + 500 - performance.now()));
  lastQuestion = performance.now();
  const pod = await podOf(site);
  const folder = `/var/lib/kubelet/pods/${pod?.metadata.uid}/volumes/kubernetes.io~empty-dir/work`;
  const told = await askDesk(folder, 'plan', AbortSignal.timeout(60_000));
  if (told === undefined) throw new Error('no controller listens in its pod');
  return `${Answered.parse(told).text.trimEnd()}\n`;
}

/** What the controller's port answers; unlike a command it begins no pass. */
export async function portSays(site: Site, path: 'readyz' | 'metrics'): Promise<string> {
  const answer = await fetch(`http://${(await podOf(site))?.status.podIP}:8080/${path}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return text;
}

interface Pod {
  metadata: { uid: string; deletionTimestamp?: string };
  status: { podIP?: string };
}

/** The controller's, if it is there to stay. */
async function podOf({ world }: Site): Promise<Pod | undefined> {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=app%3Dordo`;
  const { items } = (await world.cluster.read(path)) as { items: Pod[] };
  return items.find(({ metadata }) => metadata.deletionTimestamp === undefined);
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
