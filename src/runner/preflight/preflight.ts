import type { RecreateStep } from '../../domain/plan.ts';
import { ifAllowed } from '../api.ts';
import { copyOf } from '../copy.ts';
import { readAll, type Read } from '../read.ts';
import { readCopies, writeCopies } from '../restore-copies.ts';
import type { Run } from '../run.ts';
import type { Numbered } from '../segments.ts';
import { checkImages } from './images.ts';
import { TRY, tryNew } from './try-new.ts';

/** A step that will delete what stands there now. */
export interface Doomed extends Numbered<RecreateStep> {
  live: Read;
}

/**
 * Before the first delete of a rollout: would the API server take the new versions, are their images there, and is what
 * goes kept somewhere. A step that fails here has touched nothing. What an earlier pod of the Job has deleted or applied
 * already is left out.
 */
export async function preflight(run: Run): Promise<void> {
  const steps = recreates(run);
  if (steps.length > 0) await lookAhead(run, steps);
  // Nothing may have been left to ask.
  run.kubectl.discard(TRY);
}

async function lookAhead(run: Run, steps: readonly Numbered<RecreateStep>[]): Promise<void> {
  const { api, book, log } = run;
  const paths = steps.map(({ step }) => step.path);
  const [found, kept] = await Promise.all([readAll(api, paths), readCopies(run)]);
  const doomed = steps.flatMap((item): Doomed[] => {
    const live = found.get(item.step.path);
    const isOld = live?.metadata.uid === item.step.uid && live.metadata.deletionTimestamp === undefined;
    return isOld ? [{ ...item, live }] : [];
  });
  await Promise.all([
    keep(run, doomed, kept),
    tryNew(run, doomed),
    ifAllowed(() => checkImages(run, doomed), undefined),
  ]);
  log.info({ steps: doomed.length, failed: book.hasFailed() }, 'looked ahead');
}

/** The recreates that are still to come. */
function recreates({ rollout, book, marks }: Pick<Run, 'rollout' | 'book' | 'marks'>): Numbered<RecreateStep>[] {
  return rollout.plan.steps.flatMap((step, index) =>
    step.kind === 'recreate' && !book.isDone(index) && !marks.applied.has(index) ? [{ index, step }] : [],
  );
}

async function keep(run: Run, doomed: readonly Doomed[], kept: Awaited<ReturnType<typeof readCopies>>): Promise<void> {
  for (const [index, copy] of kept) run.copies.set(index, copy);
  const open = doomed.filter(({ index, step }) => kept.get(index)?.uid !== step.uid);
  if (open.length === 0) return;
  for (const { index, live } of open) run.copies.set(index, copyOf(live, run.rollout.manifests[index] ?? {}));
  await writeCopies(run, run.copies);
}
