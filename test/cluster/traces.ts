import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { command } from './command.ts';

/** What worlds inside this one show of themselves here; links and chains are this world's own too. */
export interface Traces {
  processes: string[];
  mounts: string[];
  links: string[];
  chains: string[];
  cgroups: string[];
  folders: string[];
}

const own = basename(process.env['ORDOTEST_WORK'] ?? '');

/** Looks for whatever a world inside this one could leave here. */
export async function traces(): Promise<Traces> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = (await Promise.all(pids.map(foreign))).filter((text) => text !== '');
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter(isForeign);
  const links = (await command('ip', ['-o', 'link'])).split('\n').map((line) => line.split(': ')[1] ?? '');
  const chains = (await command('iptables-save', [])).split('\n').filter((line) => line.startsWith(':'));
  const cgroups = await command('find', ['/sys/fs/cgroup', '-path', `*/${own}/ordo-world-*`, '-prune']);
  return {
    processes,
    mounts,
    links: links.sort(),
    chains: chains.map((line) => line.split(' ')[0] ?? '').sort(),
    cgroups: cgroups.split('\n').sort(),
    folders: (await readdir(tmpdir())).filter((name) => name.startsWith('ordo-')),
  };
}

// A process of another world: its environment, its arguments or its cgroup name that world.
async function foreign(pid: string): Promise<string> {
  const read = (file: string): Promise<string> => readFile(join('/proc', pid, file), 'utf8').catch(() => '');
  const [environment, line, cgroup] = await Promise.all(['environ', 'cmdline', 'cgroup'].map(read));
  return isForeign(`${environment} ${line} ${cgroup}`) ? `${pid} ${line?.replaceAll('\0', ' ')}` : '';
}

function isForeign(text: string): boolean {
  return [...text.matchAll(/ordo-(?:world|new)-\w+/g)].some(([name]) => name !== own);
}
