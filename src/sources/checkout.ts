import type { SourceFile } from '../domain/files.ts';
import { unknown } from '../domain/known.ts';
import type { Known } from '../domain/known.ts';
import { loadBlobs } from './blobs.ts';
import { FETCH_MS, isCommit, takeUp } from './commits.ts';
import type { Git, RemoteSettings } from './git.ts';
import { inMended } from './mended.ts';
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
  onTooLarge?: (reason: string) => void,
): Promise<Known<Tree>> {
  if (!isCommit(commit)) return unknown(`not a commit id: ${commit.slice(0, 60)}`);
  return inMended(git, () => read(git, settings, commit, signal), onTooLarge);
}

/** So much of the last tree is kept in memory, in bytes: passes that wait for something else look at it again and again. */
const MOST_KEPT = 1024 * 1024;

/**
 * Like `fetchTree`, but as long as the same is asked for, git is not: a small tree is kept, and what was too large is not
 * fetched again.
 */
export function createTrees(git: Git) {
  let last: { question: string; answer: Known<Tree> } | undefined;
  return async (settings: TreeSettings, commit: string, signal: AbortSignal): Promise<Known<Tree>> => {
    const question = JSON.stringify([settings.gitUrl, settings.repository, settings.folderName, commit]);
    if (last?.question === question) return last.answer;
    last = undefined;
    const answer = await fetchTree(git, settings, commit, signal, (reason) => {
      last = { question, answer: unknown(reason) };
    });
    if (answer.known && bytesOf(answer.value) <= MOST_KEPT) last = { question, answer };
    return answer;
  };
}

const bytesOf = ({ files }: Tree): number => files.reduce((sum, { bytes }) => sum + bytes.length, 0);

async function read(git: Git, settings: TreeSettings, commit: string, signal: AbortSignal): Promise<Tree> {
  await takeUp(git, settings, commit, signal);
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
