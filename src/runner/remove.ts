import type { DeleteStep, RecreateStep } from '../domain/plan.ts';
import { deleteByUid, type Doomed } from './delete.ts';
import { waitUntilGone } from './gone.ts';
import { lookBefore } from './look-before.ts';
import { orphansOf } from './orphans.ts';
import type { Run } from './run.ts';
import type { Numbered } from './segments.ts';

/** A step that begins with a delete. */
export type Removing = Numbered<RecreateStep | DeleteStep>;

/**
 * Deletes the objects together and waits until they and their pods are gone. Deletes are then done; what was refused has
 * failed. Answers with those that take longer than their pods may take to end: `endRemoval` waits for them.
 */
export async function remove(run: Run, items: readonly Removing[]): Promise<Removing[]> {
  const { book } = run;
  for (const { index } of items) book.begin(index);
  const ways = await lookBefore(run, items);
  const leaving: Removing[] = [];
  const deletes = items.map(async (item) => {
    const { index, step } = item;
    const way = ways.get(index);
    if (way === 'in-place') return;
    if (!(await deleteByUid(run, { ...step, index }, way === 'orphan' ? 'Orphan' : 'Foreground'))) return;
    book.touch(index, 'deleted');
    leaving.push(item);
  });
  await Promise.all(deletes);
  const slow = await waitUntilGone(run, leaving.map(placeOf), { untilSlow: true });
  const isSlow = ({ index }: Removing): boolean => slow.some((one) => one.index === index);
  await afterRemoval(
    run,
    leaving.filter((item) => !isSlow(item)),
  );
  return leaving.filter(isSlow);
}

/** Waits for what took long, without an end. */
export async function endRemoval(run: Run, slow: readonly Removing[]): Promise<void> {
  await waitUntilGone(run, slow.map(placeOf));
  await afterRemoval(run, slow);
}

const placeOf = ({ index, step: { path, uid } }: Removing): Doomed => ({ index, path, uid });

async function afterRemoval(run: Run, gone: readonly Removing[]): Promise<void> {
  await removeOrphans(run, gone);
  for (const { index, step } of gone) if (step.kind === 'delete' && !run.book.hasFailed(index)) run.book.done(index);
}

/** Pods that a StatefulSet has left behind: an earlier pod of this Job may have left them too. */
async function removeOrphans(run: Run, items: readonly Removing[]): Promise<void> {
  const gone = items.filter(({ index, step }) => step.kind === 'recreate' && !run.book.hasFailed(index));
  const found = await Promise.all(
    gone.map(async ({ index, step }) => (await orphansOf(run.api, step.entry)).map((pod) => ({ index, ...pod }))),
  );
  const pods = found.flat();
  const accepted = await Promise.all(pods.map((pod) => deleteByUid(run, pod)));
  await waitUntilGone(
    run,
    pods.filter((_, at) => accepted[at]),
  );
}
