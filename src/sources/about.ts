import type { Commit } from '../domain/commit.ts';
import { known, unknown, type Known } from '../domain/known.ts';
import { isCommit } from './commits.ts';
import type { Git } from './git.ts';
import { GitFailure } from './git-reason.ts';

const HERE_MS = 10_000;
/** Fields end with 0x1f and commits with 0x1e, which are cut out of the texts below. */
const FORMAT = ['%H', '%an', '%cI', '%s', '%(trailers:only,unfold)'].join('%x1f');

/**
 * What commits say of themselves, in the same order. Only for those that were fetched already: asks no remote. Throws
 * only the signal's reason. One call at a time.
 */
export async function aboutCommits(git: Git, ids: readonly string[], signal: AbortSignal): Promise<Known<Commit[]>> {
  if (ids.length === 0 || !ids.every(isCommit)) return unknown('not commit ids');
  const args = ['log', '--no-walk=unsorted', '--encoding=UTF-8', `--format=${FORMAT}%x1e`, ...ids];
  try {
    const text = await git.text(args, { timeout: HERE_MS, signal });
    return known(text.split('\x1e').slice(0, -1).map(commitOf));
  } catch (error) {
    if (error instanceof GitFailure) return unknown(error.message);
    throw error;
  }
}

function commitOf(text: string): Commit {
  const [id = '', author = '', committed = '', subject = '', trailers = ''] = text.trimStart().split('\x1f');
  return {
    id,
    author: oneLine(author),
    committed: new Date(committed).toISOString(),
    subject: oneLine(subject),
    trailers: trailers.split('\n').flatMap(trailerOf),
  };
}

function trailerOf(line: string): Commit['trailers'] {
  const [, name, value] = /^([A-Za-z0-9-]+): *(.*)$/.exec(line) ?? [];
  return name === undefined || value === undefined ? [] : [{ name: name.toLowerCase(), value: oneLine(value) }];
}

/** Names and messages come from the repository: none begins a line of its own, or is endless. */
const oneLine = (text: string): string =>
  text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 200);
