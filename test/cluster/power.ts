import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bringUp } from './cluster.ts';
import { attempt, command } from './command.ts';
import type { World } from './connect.ts';
import { processes, signal } from './processes.ts';
import { INIT } from './world.ts';

/** What does not outlive a power cut, beside processes: what is mounted or written here. */
const VOLATILE = ['/run/containerd', '/run/netns', '/run/runc', '/var/lib/kubelet/pods'];

/**
 * Pulls the node's plug: Kubernetes, containerd and every container are gone at once, and with them what is only in memory.
 * What is on disk stays. The test's own processes, its stand-ins among them, run on.
 */
export async function cutPower(): Promise<void> {
  const init = await readFile('/proc/1/cmdline', 'utf8');
  if (!init.includes(INIT)) throw new Error('not in a world: here every other process would be killed');
  for (let victims = await others(); victims.length > 0; victims = await others()) {
    for (const pid of victims) signal(pid, 'SIGKILL');
    await sleep(50);
  }
  // One may lie upon another, and what a dying process had open is freed a moment later.
  for (let gone = await volatileMounts(); gone.length > 0; gone = await volatileMounts()) {
    for (const path of gone.reverse()) await attempt('umount', ['--lazy', path]);
  }
  for (const folder of VOLATILE.filter((path) => path.startsWith('/run/')))
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  await attempt('ip', ['link', 'delete', 'pods0']);
  for (const table of ['filter', 'nat', 'mangle']) {
    await command('iptables', ['--table', table, '--flush']);
    await command('iptables', ['--table', table, '--delete-chain']);
  }
}

async function volatileMounts(): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  return mounts.filter((path) => VOLATILE.some((folder) => path.startsWith(`${folder}/`)));
}

/** Starts the node again, as it was started first. It is ready when it has said so anew: its old word is still there. */
export async function powerOn({ cluster, work }: Pick<World, 'cluster' | 'work'>): Promise<void> {
  await bringUp({ ...cluster, logs: join(work, 'logs') });
}

/** All processes of the world but this one, what it has started, and those that have started it. */
async function others(): Promise<number[]> {
  const parents = new Map((await processes()).map(({ pid, parent }) => [pid, parent]));
  const ancestors = lineOf(process.pid, parents);
  const isOwn = (pid: number): boolean => ancestors.includes(pid) || lineOf(pid, parents).includes(process.pid);
  return [...parents.keys()].filter((pid) => !isOwn(pid));
}

/** The process and all before it. */
function lineOf(pid: number, parents: ReadonlyMap<number, number>): number[] {
  const line: number[] = [];
  for (let at: number | undefined = pid; at !== undefined && at > 0; at = parents.get(at)) line.push(at);
  return line;
}
