import { isJob, isNamespace } from '../domain/kinds.ts';
import { compareOrder, type Order } from '../domain/order.ts';
import type { DeleteStep, ManifestStep } from '../domain/plan.ts';
import { applySegment } from './apply.ts';
import { openGate, type Gate } from './gates/gate.ts';
import { gateOf, isGated } from './gates/judge.ts';
import type { Workload } from './gates/shapes.ts';
import { judgeNamespace } from './gates/standing.ts';
import { readAll } from './read.ts';
import { endRemoval, remove, type Removing } from './remove.ts';
import { putBack } from './restore.ts';
import type { Run } from './run.ts';
import { isApplying, segmentsOf, type Applying, type Numbered } from './segments.ts';
import { openWatchdog } from './self-update.ts';
import { waitForGates } from './wait.ts';

/** A step of a group: everything but holds and the deletes after the last group. */
export type GroupStep = Numbered<ManifestStep | DeleteStep>;

/** A Job whose pod runs for longer than this does not hold up the rest of its group, in ms. */
const LONG_JOB_MS = 30_000;

/**
 * Carries out the sorted steps of one group: removals together, applies in segments, gates. What became of them is in the
 * book. `isEnd`: no other group follows.
 */
export async function runGroup(run: Run, steps: readonly GroupStep[], isEnd: boolean): Promise<void> {
  const { book, clock, log } = run;
  const open = steps.filter(({ index }) => !book.isDone(index));
  let slow = await remove(run, open.filter(isRemoval(run)));
  const stuckAt = firstFailed(run, open);
  const atEnd: Gate[] = [];
  const applies = open.filter(isApplying);
  const watchdog = await openWatchdog(run, applies);
  const active = await activeNamespaces(run, applies);
  const segments = segmentsOf(applies, ({ index }) => active.has(index));
  for (const [position, segment] of segments.entries()) {
    // A removal that failed stops the group at its own place: neighbours that were deleted with it are made again first.
    if (stuckAt && compareOrder((segment[0] as Applying).step.place, stuckAt) > 0) break;
    const isLast = position === segments.length - 1;
    let able = segment.filter(({ index }) => !book.hasFailed(index));
    const early = able.filter(({ step }) => isBefore(step.place, slow));
    if (early.length < able.length && slow.length > 0) {
      // Neighbours that were deleted with what takes long are not away as long as that is.
      if (early.length > 0) await applySegment(run, early);
      await endRemoval(run, slow);
      slow = [];
      able = able.filter(({ index }) => !book.hasFailed(index));
    }
    await applySegment(run, able, isLast && isEnd);
    log.info({ steps: able.length }, 'applied');
    const gates = endUngated(run, able, active).map((item) => ({
      ...openGate(item, clock),
      isOrdo: item.index === watchdog?.index,
    }));
    const mayGoOn = !isLast && !segment.some(({ index }) => book.hasFailed(index));
    const [now, later] = split(gates, ({ step }) => mayGoOn && gateOf(step.entry)?.at === 'segment');
    atEnd.push(...later, ...(await pass(run, now, LONG_JOB_MS)));
    if (!mayGoOn || now.some(({ index }) => book.hasFailed(index))) break;
  }
  if (book.hasFailed()) await putBack(run, applies);
  else await endRemoval(run, slow);
  for (const gate of atEnd) if (!isJob(gate.step.entry)) gate.begin = clock.elapsed();
  await pass(run, atEnd);
  await watchdog?.end();
}

/** Waits for gates and writes how they end; answers with the Jobs that are left for the group's end. */
async function pass(run: Run, gates: readonly Gate[], leaveJobsAfter = Infinity): Promise<Gate[]> {
  const { book, background } = run;
  const later: Gate[] = [];
  await waitForGates(run, gates, { background, leaveJobsAfter, hurry: book.hasFailed() }, (gate, end) => {
    switch (end.state) {
      case 'ready':
        if (end.note !== undefined) book.note(gate.index, end.note);
        book.done(gate.index);
        // Its TTL may take it, and the stamps with it: another pod must not run it again.
        if (isJob(gate.step.entry)) run.save();
        return;
      case 'failed':
        run.bundle.look(gate);
        return book.fail(gate.index, end.reason, end.cause);
      case 'later':
        book.note(gate.index, end.reason);
        return void later.push(gate);
      default:
        return end satisfies never;
    }
  });
  return later;
}

/** What was applied and has no gate, or had passed it before, is done; answers with what has one. */
function endUngated(
  { book, background, clock }: Run,
  items: readonly Applying[],
  passed: ReadonlySet<number>,
): Applying[] {
  return items.filter((item) => {
    if (book.hasFailed(item.index) || book.isHeld(item.index)) return false;
    if (isGated(item.step) && !passed.has(item.index)) return true;
    book.done(item.index);
    if (isJob(item.step.entry)) background.add(openGate(item, clock));
    return false;
  });
}

/** Namespaces that are there already: what is applied into them needs no kubectl of its own. */
async function activeNamespaces({ api }: Run, items: readonly Applying[]): Promise<Set<number>> {
  const asked = items.filter(({ step }) => isNamespace(step.entry));
  const paths = asked.map(({ step }) => step.path);
  const found = (await readAll(api, paths)) as Map<string, Workload>;
  const isActive = (live: Workload | undefined): boolean =>
    live !== undefined && live.metadata.deletionTimestamp === undefined && judgeNamespace(live).state === 'ready';
  return new Set(asked.filter(({ step }) => isActive(found.get(step.path))).map(({ index }) => index));
}

// A recreate whose new object is there already begins with nothing.
function isRemoval({ marks }: Run): (item: GroupStep) => item is Removing & GroupStep {
  return (item): item is Removing & GroupStep =>
    (item.step.kind === 'recreate' || item.step.kind === 'delete') && !marks.applied.has(item.index);
}

/** Whether a place comes before all of these. */
const isBefore = (place: Order, items: readonly Removing[]): boolean =>
  items.every(({ step }) => compareOrder(place, step.place) < 0);

function firstFailed({ book }: Run, steps: readonly GroupStep[]): Order | undefined {
  return steps.find(({ index }) => book.hasFailed(index))?.step.place;
}

function split<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
