import { cp, glob, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt, command } from './command.ts';

/** What docker-registry writes into, in its root folder: which blob a tag means. Blobs are written once. */
export const REGISTRY_WRITES = 'docker/registry/v2/repositories';
/** What containerd writes into, in its root folder: its databases. Layers are written once. */
export const CONTAINERD_WRITES = 'io.containerd.*/*.db';

/** Copies a folder to where nothing is yet, by hard links where the file system can; really what `written` (a glob) names. */
export async function linkTree(from: string, to: string, written: string): Promise<void> {
  const { code } = await attempt('cp', ['--archive', '--link', from, to]);
  if (code !== 0) {
    // Links do not reach from one file system to another.
    await rm(to, { recursive: true, force: true });
    await command('cp', ['--archive', from, to]);
    return;
  }
  for await (const path of glob(written, { cwd: from })) {
    await rm(join(to, path), { recursive: true });
    await cp(join(from, path), join(to, path), { recursive: true, preserveTimestamps: true });
  }
}
