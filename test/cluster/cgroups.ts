import { existsSync } from 'node:fs';
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const mountPoint = '/sys/fs/cgroup';

/** The name of a world's cgroup. That of a world inside another is below the other's, and goes with it. */
export function cgroupOf(work: string): string {
  return work.match(/ordo-world-\w+/g)?.join('/') ?? '';
}

/** Makes the cgroup `name` in each hierarchy, where the kubelet then puts its pods. */
export async function createCgroups(name: string): Promise<void> {
  for (const root of await hierarchies()) {
    const folder = join(root, name);
    await mkdir(folder, { recursive: true });
    if (!existsSync(join(root, 'cgroup.controllers'))) continue;
    // One hierarchy (cgroup v2): what the pods are to be limited in has to be handed down.
    for (const controller of ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb']) {
      await writeFile(join(dirname(folder), 'cgroup.subtree_control'), `+${controller}`).catch(() => {});
    }
  }
}

/** Removes the cgroup `name` with all below it from each hierarchy; the processes in it must be dead or dying. */
export async function removeCgroups(name: string): Promise<void> {
  for (const root of await hierarchies()) await removeTree(join(root, name));
}

async function hierarchies(): Promise<string[]> {
  if (existsSync(join(mountPoint, 'cgroup.controllers'))) return [mountPoint];
  const names = await readdir(mountPoint, { withFileTypes: true });
  return names.filter((entry) => entry.isDirectory()).map((entry) => join(mountPoint, entry.name));
}

// The files in a cgroup cannot be deleted, only its folder can, from the bottom up.
async function removeTree(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  }
  for (let attempts = 0; ; attempts += 1) {
    try {
      return await rmdir(folder);
    } catch (error) {
      // Killed processes count as members until they are reaped, for some milliseconds.
      if (!existsSync(folder)) return;
      if (attempts === 50) throw error;
      await sleep(100);
    }
  }
}
