import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cgroupOf } from '../cluster/cgroups.ts';
import { attempt } from '../cluster/command.ts';
import type { World } from '../e2e/world.ts';
import type { Texts } from './repository.ts';

/** Writes files for kubectl into a folder of their own. */
export async function folderOf(files: Texts): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

const ENTER = 'for file in /sys/fs/cgroup/cpu/"$0" /sys/fs/cgroup/"$0"; do if [ -d "$file" ]; then break; fi; done';

/**
 * Runs kubectl, which has to work, and answers with the seconds of its whole process. It runs in the cgroup that this
 * world's pods have: what else is at work on the machine then slows it down as much as Ordo.
 */
export async function timed({ cluster }: World, ...args: string[]): Promise<number> {
  const enter = `${ENTER}; mkdir -p "$file/bench" && echo $$ > "$file/bench/cgroup.procs"; exec "$@"`;
  const kubectl = [join(cluster.binaries, 'kubectl'), '--kubeconfig', cluster.kubeconfig, ...args];
  const begin = performance.now();
  const { code, stderr } = await attempt(
    'sh',
    ['-c', enter, cgroupOf(process.env['ORDOTEST_WORK'] ?? ''), ...kubectl],
    {
      env: { ...process.env, KUBERC: 'off' },
    },
  );
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return (performance.now() - begin) / 1000;
}

/** `kubectl apply --server-side` of everything in a folder. */
export const apply = (world: World, folder: string): Promise<number> =>
  timed(world, 'apply', '--server-side', '-R', '-f', folder);

/** For what is made for the first time: kubectl takes files by name, and `120-` comes before `20-`. */
export async function create(world: World, files: Texts): Promise<void> {
  const [first, rest] = [(path: string) => path.includes('/10-'), (path: string) => !path.includes('/10-')];
  for (const isWanted of [first, rest]) {
    await apply(world, await folderOf(Object.fromEntries(Object.entries(files).filter(([path]) => isWanted(path)))));
  }
}
