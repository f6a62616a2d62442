import { open, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SourceFile } from '../domain/files.ts';
import { ExternalError } from '../util/errors.ts';
import { MOST_BYTES } from './blobs.ts';
import { MOST_ENTRIES } from './tree.ts';

const NOTHING = new Uint8Array();

/**
 * The files of a folder on this machine, as `fetchTree` has those of a commit: by path, which begins with `folder`. Throws
 * ExternalError when it cannot be read.
 *
 * @param folder without a slash at its end
 */
export async function readFolder(folder: string): Promise<SourceFile[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory() && !isOfGit(relative(folder, entry.parentPath)));
    if (files.length > MOST_ENTRIES) throw new ExternalError(`${folder} holds more than ${MOST_ENTRIES} files`);
    const read = files.map(async (entry): Promise<SourceFile> => {
      const path = join(entry.parentPath, entry.name);
      const shown = `${folder}/${relative(folder, path)}`;
      if (!entry.isFile()) return { path: shown, kind: 'symlink', bytes: NOTHING };
      const bytes = await readSome(path);
      return bytes ? { path: shown, kind: 'file', bytes } : { path: shown, kind: 'too-large', bytes: NOTHING };
    });
    return (await Promise.all(read)).sort((a, b) => (a.path < b.path ? -1 : 1));
  } catch (error) {
    if (error instanceof ExternalError) throw error;
    const { code } = error as { code?: string };
    throw new ExternalError(`${folder} cannot be read${code === undefined ? '' : ` (${code})`}`, { cause: error });
  }
}

const isOfGit = (path: string): boolean => path === '.git' || path.startsWith('.git/');

/** Undefined: too large for a manifest. */
async function readSome(path: string): Promise<Uint8Array | undefined> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    return size > MOST_BYTES ? undefined : await file.readFile();
  } finally {
    await file.close();
  }
}
