import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { known, unknown, type Known } from '../domain/known.ts';
import { GitFailure } from './git-reason.ts';
import type { Git } from './git.ts';

// Each fetch leaves a pack; a fresh start costs two requests.
const MOST_PACKS = 100;

/**
 * Works with the repository in the work folder, once more in a fresh one when it is damaged: a process that was killed
 * while it wrote, a disk that lost a file. What git cannot do is unknown, with the reason.
 */
export async function inMended<T>(
  git: Git,
  work: () => Promise<T>,
  onTooLarge?: (reason: string) => void,
): Promise<Known<T>> {
  let reason = '';
  for (const afresh of [await isCrowded(git), true]) {
    try {
      if (afresh) await git.wipe();
      return known(await work());
    } catch (error) {
      if (!(error instanceof GitFailure)) throw error;
      reason = error.message;
      if (error.isTooLarge) onTooLarge?.(reason);
      if (!error.damaged) break;
    }
  }
  return unknown(reason);
}

async function isCrowded(git: Git): Promise<boolean> {
  const names = await readdir(join(git.directory, 'objects', 'pack')).catch(() => []);
  return names.filter((name) => name.endsWith('.pack')).length > MOST_PACKS;
}
