import { known, unknown } from '../domain/known.ts';
import type { Known } from '../domain/known.ts';
import { GitFailure } from './git-reason.ts';
import type { Git } from './git.ts';
import type { HeadSettings } from './github.ts';

/** The head commit by git's own protocol (`info/refs`): no quota, and no token for a public repository. */
export async function lsRemote(git: Git, settings: HeadSettings, signal: AbortSignal): Promise<Known<string>> {
  const ref = settings.branch === undefined ? 'HEAD' : `refs/heads/${settings.branch}`;
  try {
    const call = { timeout: 15_000, signal, remote: settings };
    const answer = await git.text(['ls-remote', 'origin', ref], call);
    for (const [id = '', name] of answer.split('\n').map((line) => line.split('\t'))) {
      if (name === ref && /^[0-9a-f]{40}$/.test(id)) return known(id);
    }
    const where = `${settings.repository.owner}/${settings.repository.name}`;
    return unknown(
      settings.branch === undefined
        ? `repository ${where} is empty: it has no commit yet`
        : `repository ${where} has no branch ${settings.branch}`,
    );
  } catch (error) {
    if (error instanceof GitFailure) return unknown(error.message);
    throw error;
  }
}
