import { unknown, type Known } from '../domain/known.ts';
import type { Git, RemoteSettings } from './git.ts';
import { inMended } from './mended.ts';

/** How many commits may be new at once before Ordo goes straight to the newest. */
const MOST_COMMITS = 10;
/** The commit in work; the next fetch sends only what is new since. */
const IN_WORK = 'refs/ordo/head';
const NEWEST = 'refs/ordo/newest';
/** A slow link may take its time: a fetch that stands still ends much earlier. */
export const FETCH_MS = 900_000;
const HERE_MS = 10_000;

/** A commit's id: 40 hex digits. */
export const isCommit = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

/**
 * The commits after `base` up to `head` along the first parent, oldest first. Empty when `base` is not among the last ten
 * of them: the branch was forced elsewhere, or there are too many. Throws only the signal's reason. One call at a time.
 */
export async function commitsSince(
  git: Git,
  settings: RemoteSettings,
  { base, head, signal }: { base: string; head: string; signal: AbortSignal },
): Promise<Known<string[]>> {
  if (!isCommit(head)) return unknown(`not a commit id: ${head.slice(0, 60)}`);
  return inMended(git, async () => {
    const { isHere } = await lookAt(git, head, signal);
    if (!isHere || !(await firstParents(git, head, signal)).includes(base)) {
      await fetchCommit(git, settings, { commit: head, ref: NEWEST, depth: MOST_COMMITS + 1, signal });
    }
    const line = await firstParents(git, head, signal);
    const at = line.indexOf(base);
    return line.slice(0, Math.max(at, 0)).toReversed();
  });
}

/** Makes `commit` the one in work, fetched without its history where it is not here yet. */
export async function takeUp(git: Git, settings: RemoteSettings, commit: string, signal: AbortSignal): Promise<void> {
  const { inWork, isHere } = await lookAt(git, commit, signal);
  if (inWork === commit) return;
  if (isHere) {
    // By a transaction, because it answers: simple-git waits 50 ms longer for the end of a command that says nothing.
    const input = `start\nupdate ${IN_WORK} ${commit}\ncommit\n`;
    await git.text(['update-ref', '--stdin'], { input, timeout: HERE_MS, signal });
    return;
  }
  await fetchCommit(git, settings, { commit, ref: IN_WORK, depth: 1, signal });
}

interface Wanted {
  commit: string;
  ref: string;
  depth: number;
  signal: AbortSignal;
}

/** Commits and their trees; the remote's filter leaves the contents out. */
async function fetchCommit(git: Git, remote: RemoteSettings, { commit, ref, depth, signal }: Wanted): Promise<void> {
  const what = ['--progress', `--depth=${depth}`, '--no-tags', '--no-write-fetch-head', '--force'];
  await git.text(['fetch', ...what, 'origin', `+${commit}:${ref}`], { timeout: FETCH_MS, signal, remote });
}

/** First parents from a commit that is here backwards, itself first, as far as they are here. */
async function firstParents(git: Git, head: string, signal: AbortSignal): Promise<string[]> {
  const args = ['rev-list', '--first-parent', `--max-count=${MOST_COMMITS + 1}`, head];
  return (await git.text(args, { timeout: HERE_MS, signal })).trim().split('\n');
}

/** Which commit is in work, and whether this one is here with its tree. No remote, so git cannot go and fetch it. */
async function lookAt(git: Git, commit: string, signal: AbortSignal): Promise<{ inWork?: string; isHere: boolean }> {
  const input = `${IN_WORK}\n${commit}^{tree}\n`;
  const answer = (await git.catFile(['--batch-check'], { input, timeout: HERE_MS, signal })).toString('latin1');
  const inWork = /^([0-9a-f]{40}) commit \d+$/m.exec(answer)?.[1];
  return { ...(inWork !== undefined && { inWork }), isHere: / tree \d+$/m.test(answer) };
}
