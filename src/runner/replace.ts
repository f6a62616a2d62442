import { idOf, nameOf } from '../domain/identity.ts';
import { readLive } from '../domain/stamps.ts';
import { copyOf } from './copy.ts';
import { deleteByUid } from './delete.ts';
import { waitUntilGone } from './gone.ts';
import { tryNew } from './preflight/try-new.ts';
import { readAll } from './read.ts';
import { writeCopies } from './restore-copies.ts';
import { manifestOf, type Run } from './run.ts';
import type { Applying } from './segments.ts';

/** What the API server refused to change in place, and who may be replaced all the same. */
export const canBeReplaced = ({ step }: Applying): boolean =>
  step.kind === 'apply' && step.replace === true && step.adopt === undefined;

/**
 * Makes room for an object that the API server refuses to change in place: deletes the one that is there, once the new
 * one has passed a dry run and the old one is kept. False: it was not, and the step has failed.
 */
export async function makeRoom(run: Run, item: Applying): Promise<boolean> {
  const { index, step } = item;
  const { path, entry } = step;
  const live = (await readAll(run.api, [path])).get(path);
  if (live === undefined) return true;
  const { uid, stamp } = readLive(idOf(entry), live.metadata);
  if (stamp === undefined) {
    run.book.fail(index, `${nameOf(entry)} was made anew by somebody else meanwhile`);
    return false;
  }
  if (!(await tryNew(run, [item]))) return false;
  const copy = copyOf(live, manifestOf(run, index));
  run.copies.set(index, copy);
  await writeCopies(run, new Map([[index, copy]]), index);
  if (!(await deleteByUid(run, { index, path, uid }))) return false;
  run.book.touch(index, 'deleted');
  await waitUntilGone(run, [{ index, path, uid }]);
  run.book.note(index, 'deleted to be made anew: the API server refuses the change in place');
  return true;
}
