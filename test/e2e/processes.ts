import { readdir, readFile } from 'node:fs/promises';
import { until } from './until.ts';

/** Ordo's processes as the node sees them: containers of a world are in its process namespace. */

export const CONTROLLER = 'node /opt/ordo/ordo.mjs run';
export const RUNNER = 'node /opt/ordo/runner.mjs';

interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** The processes with this in their command line (the program and its tini), and all that they have started. */
export async function find(command: string): Promise<number[]> {
  const all = await processes();
  const found = new Set(all.filter((one) => one.command.includes(command)).map(({ pid }) => pid));
  for (let before = -1; before < found.size;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** Stops them where they are: nothing of them runs on, and nobody notices. */
export async function freeze(command: string): Promise<number[]> {
  const frozen = new Set<number>();
  for (;;) {
    // One of them may have started another one meanwhile.
    const fresh = (await find(command)).filter((pid) => !frozen.has(pid));
    if (fresh.length === 0) return [...frozen];
    for (const pid of fresh) signal(pid, 'SIGSTOP');
    for (const pid of fresh) frozen.add(pid);
  }
}

export function thaw(pids: readonly number[]): void {
  for (const pid of pids) signal(pid, 'SIGCONT');
}

/** `kill -9` for all of them; resolves when they are dead. */
export async function kill(pids: readonly number[]): Promise<void> {
  if (pids.length === 0) throw new Error('there is nothing to kill');
  for (const pid of pids) signal(pid, 'SIGKILL');
  await until('the killed to be dead', async () => {
    const living = new Set((await processes()).map(({ pid }) => pid));
    return !pids.some((pid) => living.has(pid));
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** All that run; a process that only waits to be reaped has no command line. */
async function processes(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = pids.map(async (pid) => {
    const file = (name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
    const [command, stat] = await Promise.all([file('cmdline'), file('stat')]);
    // `PID (NAME) STATE PARENT …`, and the name may hold anything.
    const parent = Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]);
    return { pid: Number(pid), parent, command: command.replaceAll('\0', ' ') };
  });
  return (await Promise.all(read)).filter(({ command }) => command !== '');
}
