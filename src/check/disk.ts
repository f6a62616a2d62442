import { statfs } from 'node:fs/promises';
import { fail, ok, warn, type Finding } from '../domain/finding.ts';

const MIB = 1024 * 1024;
/** What the working copy of a large repository takes, and what its volume is allowed to grow to. */
const LEAST = 32 * MIB;
const GOOD = 256 * MIB;

/** What is free on the disk of this folder; undefined when it cannot be read. */
export async function freeBytes(folder: string): Promise<number | undefined> {
  const found = await statfs(folder).catch(() => undefined);
  return found && found.bavail * found.bsize;
}

/** Whether git finds room in the work folder. */
export async function diskFinding(folder: string): Promise<Finding> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return spaceFinding(folder, bavail * bsize);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return fail('disk', `the work folder ${folder} cannot be read (${code}): ORDO_WORK_DIR names it`);
  }
}

/** @param free bytes */
export function spaceFinding(folder: string, free: number): Finding {
  const seen = `${Math.floor(free / MIB)} MiB free in ${folder}`;
  if (free < LEAST) return fail('disk', `${seen}: git needs more; free space on the node`);
  return free < GOOD
    ? warn('disk', `${seen}: a large repository needs more; free space on the node`)
    : ok('disk', seen);
}
