import type { State } from '../cluster/state.ts';
import type { Settings } from '../config/settings.ts';
import type { Commit } from '../domain/commit.ts';
import { ofCommits } from '../domain/history.ts';
import { known, type Known } from '../domain/known.ts';
import type { Sources } from '../sources.ts';

/**
 * The oldest commit that was not rolled out yet. After a failure and what follows it, a forced push or a long gap the
 * newest: a bad commit never blocks its own fix. Before the first rollout the newest too: the SHA that is there is DORIS's.
 */
export async function nextCommit(
  head: string,
  { sha, history, inventory }: State,
  { commits }: Settings,
  sources: Sources,
): Promise<Known<string>> {
  if (commits === 'newest' || sha === undefined || sha === head) return known(head);
  const [last] = ofCommits(await history());
  if (inventory.rollout === 0 || (last && (last.state !== 'done' || last.behind || last.rollbackOf)))
    return known(head);
  const since = await sources.commitsSince(sha, head);
  return since.known ? known(since.value[0] ?? head) : since;
}

/** What a commit says of itself; undefined where nobody can tell now. */
export async function aboutCommit(commit: string, sources: Sources): Promise<Commit | undefined> {
  const about = await sources.about([commit]);
  return about.known ? about.value[0] : undefined;
}
