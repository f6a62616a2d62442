import { readdir, readFile } from 'node:fs/promises';

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
