import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Ends the processes that a stopped git has left behind: its helper for https goes on until the other side hangs up.
 * They are told by `GIT_DIR` in their environment, which says whose they are. Does nothing where there is no /proc.
 */
export async function endLeftovers(directory: string): Promise<void> {
  const names = await readdir('/proc').catch(() => []);
  for (const id of names.filter((name) => /^[0-9]+$/.test(name))) {
    const environment = await readFile(`/proc/${id}/environ`, 'latin1').catch(() => '');
    if (!environment.split('\0').includes(`GIT_DIR=${directory}`)) continue;
    try {
      process.kill(Number(id), 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }
}

/** Takes away what fetches that were cut off have left: git keeps half a pack for ever, and cannot go on with it. */
export async function sweepPacks(directory: string): Promise<void> {
  const folder = join(directory, 'objects', 'pack');
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => name.startsWith('tmp_'));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
}
