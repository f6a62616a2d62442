import type { Settings } from '../config/settings.ts';
import type { Sources } from '../sources.ts';
import type { Clock } from '../util/clock.ts';

/**
 * A function that tells of a commit that is newer than what a rollout began with; asks once per poll interval.
 *
 * @param since the head when it began; undefined: what is seen first
 */
export function newerThan(
  since: string | undefined,
  sources: Pick<Sources, 'head'>,
  { pollInterval }: Pick<Settings, 'pollInterval'>,
  clock: Clock,
): () => Promise<string | undefined> {
  let asked = clock.now().getTime();
  let first = since;
  return async () => {
    if (clock.now().getTime() - asked < pollInterval) return undefined;
    asked = clock.now().getTime();
    const head = await sources.head();
    if (!head.known) return undefined;
    first ??= head.value;
    return head.value === first ? undefined : head.value;
  };
}
