import type { FieldOwner } from '../domain/field-owner.ts';
import { ownedMark } from '../domain/owned.ts';
import { foreignHeld, replacementHeld } from '../domain/replacement.ts';
import { isApplied } from './applied.ts';
import { APPLY, limitFor } from './arguments.ts';
import { adopt } from './adopt.ts';
import { waitUntilGone } from './gone.ts';
import type { Said } from './kubectl.ts';
import { leaveAlone } from './leave.ts';
import { readAll } from './read.ts';
import { canBeReplaced, makeRoom } from './replace.ts';
import { manifestOf, type Run } from './run.ts';
import { restartPods } from './restart.ts';
import {
  errorText,
  hitDeleting,
  isImmutable,
  isOverQuota,
  isTransient,
  ownersByPosition,
  warningsByPosition,
} from './said.ts';
import type { Applying } from './segments.ts';
import { shortDigest } from '../util/digest.ts';
import { patience } from './transient.ts';
import { unstick } from './unstick.ts';

/** What a delete gives back to a quota is counted a moment later: so long it is asked for again, in ms. */
const QUOTA_MS = 10_000;

/**
 * Applies the objects of one segment in order and writes who was applied and who failed into the book. Transient causes
 * are waited out for about a minute, then a TransientError goes up. `isLast`: nothing else will be applied.
 */
export async function applySegment(run: Run, items: readonly Applying[], isLast = false): Promise<void> {
  await applyAll(run, items, isLast);
  const applied = items.filter(({ index }) => run.marks.applied.has(index));
  await restartPods(run, applied);
  await unstick(run, applied);
}

async function applyAll(run: Run, items: readonly Applying[], isLast: boolean): Promise<void> {
  const { book, marks, signal } = run;
  for (const { index } of items) book.begin(index);
  markApplied(
    run,
    items.filter(({ index }) => marks.applied.has(index)),
  );
  for (const [index, mark] of marks.owned) book.owns(index, mark);
  let open = items.filter(({ index }) => !marks.applied.has(index));
  await untilNotDeleting(
    run,
    open.filter(({ index }) => marks.deleting.has(index)),
  );
  await adopt(run, open);
  open = open.filter(({ index }) => !book.hasFailed(index) && !book.isHeld(index));
  await leaveAlone(run, open);
  const pause = patience(run);
  const begin = run.clock.elapsed();
  while (open.length > 0) {
    signal.throwIfAborted();
    const applying = apply(run, open);
    if (!isLast) run.kubectl.prepare(APPLY);
    const said = await applying;
    if (said.code === 0 && !hitDeleting(said)) {
      noteWarnings(run, open, said);
      return noteApplied(run, open, said);
    }
    const left = await takeApplied(run, open);
    const retry =
      said.code === 0
        ? { open: left, reason: 'the object was being deleted' }
        : await oneByOne(run, left, open.length, said, run.clock.elapsed() - begin < QUOTA_MS);
    open = retry.open;
    await untilNotDeleting(run, open);
    if (open.length > 0) await pause(retry.reason);
  }
}

/**
 * Tries alone what did not go in the stream, so that each error has its owner; answers with what is worth another try.
 * `early`: a quota may still count what was deleted.
 */
async function oneByOne(run: Run, left: readonly Applying[], tried: number, said: Said, early: boolean) {
  const again: Applying[] = [];
  let reason = run.redact(errorText(said));
  // Nothing has gone, and the cluster is to blame: no use in asking once more for each.
  if (left.length === tried && isTransient(said)) return { open: [...left], reason };
  for (const item of left) {
    run.signal.throwIfAborted();
    let alone = tried === 1 ? said : await apply(run, [item]);
    if (isImmutable(alone) && canBeReplaced(item)) {
      if (!(await makeRoom(run, item))) continue;
      alone = await apply(run, [item]);
    }
    if (alone.code === 0) {
      if ((await takeApplied(run, [item])).length > 0) again.push(item);
      else {
        noteWarnings(run, [item], alone);
        noteApplied(run, [item], alone);
      }
    } else if (isTransient(alone) || (early && isOverQuota(alone) && item.step.kind === 'recreate')) {
      reason = run.redact(errorText(alone));
      again.push(item);
    } else refuse(run, item, alone);
  }
  return { open: again, reason };
}

/** What the API server will not take fails; what it takes, but not as a change of what is there, is left as it is. */
function refuse({ book }: Run, { index, step }: Applying, said: Said): void {
  if (!isImmutable(said) || step.kind === 'recreate') return book.fail(index, errorText(said));
  // As the reason for something held it stands in every plan from now on.
  const reason = step.adopt ? foreignHeld(step.entry) : replacementHeld(step.entry);
  book.hold(index, `${reason} (${errorText(said)})`);
}

function apply(run: Run, items: readonly Applying[]): Promise<Said> {
  const documents = items.map(({ index }) => `${JSON.stringify(manifestOf(run, index))}\n`);
  return run.kubectl.run(APPLY, documents.join(''), limitFor(items.length));
}

/** Reads the objects back: their stamps tell who was applied. Answers with the others. */
async function takeApplied(run: Run, items: readonly Applying[]): Promise<Applying[]> {
  const paths = items.map(({ step }) => step.path);
  const found = await readAll(run.api, paths, { metadataOnly: true });
  const isIn = (item: Applying): boolean =>
    isApplied(run.rollout.plan.rollout, item, found.get(item.step.path)?.metadata);
  const applied = items.filter(isIn);
  markApplied(run, applied);
  for (const item of applied) own(run, item, found.get(item.step.path)?.metadata.managedFields);
  return items.filter((item) => !isIn(item));
}

/** What the API server answered to the apply itself. */
function noteApplied(run: Run, items: readonly Applying[], said: Said): void {
  markApplied(run, items);
  const owners = ownersByPosition(said, items.length);
  for (const [position, item] of items.entries()) own(run, item, owners[position]);
}

function own(run: Run, { index }: Applying, managedFields: FieldOwner[] | undefined): void {
  if (managedFields === undefined) return;
  const { annotations } = manifestOf(run, index)['metadata'] as { annotations?: Record<string, string> };
  run.book.owns(index, ownedMark({ managedFields, annotations }, shortDigest));
}

function markApplied({ book, marks }: Run, items: readonly Applying[]): void {
  for (const { index, step } of items) {
    marks.applied.add(index);
    // Without its new pods it is as it was.
    if (step.kind !== 'restart') book.touch(index, 'applied');
  }
}

/** Waits until nothing is being deleted where these are to stand. */
async function untilNotDeleting(run: Run, items: readonly Applying[]): Promise<void> {
  if (items.length === 0) return;
  await waitUntilGone(
    run,
    items.map(({ index, step }) => ({ index, path: step.path })),
  );
}

function noteWarnings({ book }: Run, items: readonly Applying[], said: Said): void {
  for (const [position, texts] of warningsByPosition(said)) {
    const item = items[position];
    if (item) book.note(item.index, texts.slice(0, 3).join('\n'));
  }
}
