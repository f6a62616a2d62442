import { isApplied } from './applied.ts';
import { APPLY } from './arguments.ts';
import { adopt, foreignReason } from './adopt.ts';
import { waitUntilGone } from './gone.ts';
import type { Said } from './kubectl.ts';
import { leaveAlone } from './leave.ts';
import { readAll } from './read.ts';
import { manifestOf, type Run } from './run.ts';
import { restartPods } from './restart.ts';
import { errorText, hitDeleting, isImmutable, isTransient, warningsByPosition } from './said.ts';
import type { Applying } from './segments.ts';
import { patience } from './transient.ts';
import { unstick } from './unstick.ts';

/** The longest that one kubectl may take for so many objects, in ms. */
export const limitFor = (objects: number): number => 120_000 + 1_000 * objects;

/**
 * Applies the objects of one segment in order and writes who was applied and who failed into the book. Transient causes
 * are waited out for about a minute, then a TransientError goes up. `next`: arguments of the kubectl that is run after it.
 */
export async function applySegment(run: Run, items: readonly Applying[], next: readonly string[]): Promise<void> {
  await applyAll(run, items, next);
  const applied = items.filter(({ index }) => run.marks.applied.has(index));
  await restartPods(run, applied);
  await unstick(run, applied);
}

async function applyAll(run: Run, items: readonly Applying[], next: readonly string[]): Promise<void> {
  const { book, marks, signal } = run;
  for (const { index } of items) book.begin(index);
  markApplied(
    run,
    items.filter(({ index }) => marks.applied.has(index)),
  );
  let open = items.filter(({ index }) => !marks.applied.has(index));
  open = await untilNotDeleting(
    run,
    open.filter(({ index }) => marks.deleting.has(index)),
    open,
  );
  await adopt(run, open);
  open = open.filter(({ index }) => !book.hasFailed(index));
  await leaveAlone(run, open);
  const pause = patience(run);
  while (open.length > 0) {
    signal.throwIfAborted();
    const applying = apply(run, open);
    run.kubectl.prepare(next);
    const said = await applying;
    if (said.code === 0 && !hitDeleting(said)) {
      noteWarnings(run, open, said);
      return markApplied(run, open);
    }
    const left = await takeApplied(run, open);
    const retry =
      said.code === 0
        ? { open: left, reason: 'the object was being deleted' }
        : await oneByOne(run, left, open.length, said);
    open = await untilNotDeleting(run, retry.open, retry.open);
    if (open.length > 0) await pause(retry.reason);
  }
}

/** Tries alone what did not go in the stream, so that each error has its owner; answers with what is worth another try. */
async function oneByOne(run: Run, left: readonly Applying[], tried: number, said: Said) {
  const again: Applying[] = [];
  let reason = run.redact(errorText(said));
  // Nothing has gone, and the cluster is to blame: no use in asking once more for each.
  if (left.length === tried && isTransient(said)) return { open: [...left], reason };
  for (const item of left) {
    run.signal.throwIfAborted();
    const alone = tried === 1 ? said : await apply(run, [item]);
    if (alone.code === 0) {
      if ((await takeApplied(run, [item])).length > 0) again.push(item);
      else noteWarnings(run, [item], alone);
    } else if (isTransient(alone)) {
      reason = run.redact(errorText(alone));
      again.push(item);
    } else run.book.fail(item.index, refusal(item, alone));
  }
  return { open: again, reason };
}

function refusal({ step }: Applying, said: Said): string {
  return step.kind === 'apply' && step.adopt && isImmutable(said) ? foreignReason(step) : errorText(said);
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
  markApplied(run, items.filter(isIn));
  return items.filter((item) => !isIn(item));
}

function markApplied({ book, marks }: Run, items: readonly Applying[]): void {
  for (const { index, step } of items) {
    marks.applied.add(index);
    // Without its new pods it is as it was.
    if (step.kind !== 'restart') book.touch(index, 'applied');
  }
}

/** Waits until nothing is being deleted where `suspects` are to stand; `items` without those that stay stuck, which fail. */
async function untilNotDeleting(
  run: Run,
  suspects: readonly Applying[],
  items: readonly Applying[],
): Promise<Applying[]> {
  if (suspects.length === 0) return [...items];
  const leaving = suspects.map(({ index, step }) => ({ index, path: step.path, limit: step.timeout * 1_000 }));
  const stuck = await waitUntilGone(run, leaving);
  for (const [index, reason] of stuck) run.book.fail(index, reason);
  return items.filter(({ index }) => !stuck.has(index));
}

function noteWarnings({ book }: Run, items: readonly Applying[], said: Said): void {
  for (const [position, texts] of warningsByPosition(said)) {
    const item = items[position];
    if (item) book.note(item.index, texts.slice(0, 3).join('\n'));
  }
}
