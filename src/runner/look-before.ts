import type { Identity } from '../domain/identity.ts';
import { isCronJob, isStatefulSet } from '../domain/kinds.ts';
import { leftAlone } from '../domain/left-alone.ts';
import type { DeleteStep, RecreateStep } from '../domain/plan.ts';
import { readAll, type Read } from './read.ts';
import { manifestOf, type Run } from './run.ts';
import type { Numbered } from './segments.ts';

/** How an object is made anew when deleting it with its pods is not the way. */
export type Way = 'in-place' | 'orphan';

type Item = Numbered<RecreateStep | DeleteStep>;

const BUSY = 'a Job of it is running: changed in place';

/**
 * Looks at what is to be made anew, just before it is deleted: the plan knew its metadata alone. Answers with the steps
 * that go another way; keeps what the new object has to take over.
 */
export async function lookBefore(run: Run, items: readonly Item[]): Promise<Map<number, Way>> {
  const asked = items.filter(isAsked);
  const found = await readAll(
    run.api,
    asked.map(({ step }) => step.path),
  );
  const ways = new Map<number, Way>();
  for (const { index, step } of asked) {
    const live = found.get(step.path);
    if (live === undefined || live.metadata.uid !== step.uid) continue;
    const way = wayOf(step.entry, live);
    if (way) ways.set(index, way);
    if (way === 'in-place') run.book.note(index, BUSY);
    else if (step.leave) run.sent.set(index, leftAlone(manifestOf(run, index), live, step.leave, true));
  }
  return ways;
}

const isAsked = (item: Item): item is Numbered<RecreateStep> =>
  item.step.kind === 'recreate' &&
  (isCronJob(item.step.entry) || isStatefulSet(item.step.entry) || item.step.leave !== undefined);

interface Live extends Read {
  spec?: { persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string } };
  status?: { active?: unknown };
}

/** A running Job would go with its CronJob; and with a StatefulSet its claims, if it says so, and the data with them. */
export function wayOf(identity: Identity, { spec, status }: Live): Way | undefined {
  const active = status?.active;
  if (isCronJob(identity) && Array.isArray(active) && active.length > 0) return 'in-place';
  const losesClaims = spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';
  return isStatefulSet(identity) && losesClaims ? 'orphan' : undefined;
}
