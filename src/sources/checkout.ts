import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceFile } from '../domain/files.ts';
import { known, unknown } from '../domain/known.ts';
import type { Known } from '../domain/known.ts';
import { loadBlobs } from './blobs.ts';
import { GitFailure } from './git-reason.ts';
import type { Git, RemoteSettings } from './git.ts';
import { listFolder } from './tree.ts';

export interface Tree {
  commit: string;
  /** missing: the commit has no such folder; git knows no empty ones. */
  folder: 'present' | 'missing';
  /** As git orders them; a path's bytes that are not UTF-8 are shown as U+FFFD. */
  files: SourceFile[];
}

export interface TreeSettings extends RemoteSettings {
  /** The watched folder, without slashes around it. */
  folderName: string;
}

const NOTHING = new Uint8Array();
const FETCH_MS = 120_000;
// Each fetch leaves a pack; a fresh start costs two requests.
const MOST_PACKS = 100;

/**
 * The watched folder at a commit (40 hex digits). Fetches what is not in the work folder yet: the commit without its
 * history, its trees, and in one request the contents under the folder. What cannot be had is unknown, with the
 * reason; throws only the signal's reason. One call at a time.
 */
export async function fetchTree(
  git: Git,
  settings: TreeSettings,
  commit: string,
  signal: AbortSignal,
): Promise<Known<Tree>> {
  if (!/^[0-9a-f]{40}$/.test(commit)) return unknown(`not a commit id: ${commit.slice(0, 60)}`);
  let reason = '';
  // A process that was killed while it wrote, a disk that lost a file: a fresh work folder mends it.
  for (const afresh of [await isCrowded(git), true]) {
    try {
      if (afresh) await git.wipe();
      return known(await read(git, settings, commit, signal));
    } catch (error) {
      if (!(error instanceof GitFailure)) throw error;
      reason = error.message;
      if (!error.damaged) break;
    }
  }
  return unknown(reason);
}

async function read(git: Git, settings: TreeSettings, commit: string, signal: AbortSignal): Promise<Tree> {
  if ((await headOf(git, signal)) !== commit) {
    // The ref makes the next fetch send only what is new; the remote's filter leaves the contents out.
    const what = ['--progress', '--depth=1', '--no-tags', '--no-write-fetch-head', '--force'];
    const call = { timeout: FETCH_MS, signal, remote: settings };
    await git.text(['fetch', ...what, 'origin', `+${commit}:${REF}`], call);
  }
  const entries = await listFolder(git, { commit, folder: settings.folderName, signal });
  const files = entries.filter((entry) => entry.kind === 'file');
  const blobs = await loadBlobs(git, new Set(files.map(({ id }) => id)), {
    remote: settings,
    timeout: FETCH_MS,
    signal,
  });
  return {
    commit,
    folder: entries.length === 0 ? 'missing' : 'present',
    files: entries.map(({ path, kind, id }) => {
      const bytes = blobs.get(id);
      if (kind !== 'file') return { path, kind, bytes: NOTHING };
      return bytes === undefined ? { path, kind: 'too-large', bytes: NOTHING } : { path, kind, bytes };
    }),
  };
}

const REF = 'refs/ordo/head';

async function headOf(git: Git, signal: AbortSignal): Promise<string> {
  const answer = await git.text(['for-each-ref', '--format=%(objectname)', REF], { timeout: 10_000, signal });
  return answer.trim();
}

async function isCrowded(git: Git): Promise<boolean> {
  const names = await readdir(join(git.directory, 'objects', 'pack')).catch(() => []);
  return names.filter((name) => name.endsWith('.pack')).length > MOST_PACKS;
}
