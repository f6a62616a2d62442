import { readdir, readFile } from 'node:fs/promises';

export interface Process {
  pid: number;
  parent: number;
  command: string;
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** All that run in this process namespace; a process that only waits to be reaped has no command line. */
export async function processes(): Promise<Process[]> {
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
