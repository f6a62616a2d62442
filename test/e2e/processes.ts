import { processes, signal } from '../cluster/processes.ts';
import { until } from './until.ts';

/** Ordo's processes as the node sees them: containers of a world are in its process namespace. */

export const CONTROLLER = 'node /opt/ordo/ordo.cjs run';
export const RUNNER = 'node --use-openssl-ca /opt/ordo/runner.cjs';

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
