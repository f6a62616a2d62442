import { isJob } from '../domain/kinds.ts';
import { compareOrder, type Order } from '../domain/order.ts';
import type { ApplyStep, DeleteStep, RecreateStep } from '../domain/plan.ts';
import { APPLY, applySegment } from './apply.ts';
import { openGate, type Gate } from './gates/gate.ts';
import { gateOf, isGated } from './gates/judge.ts';
import { remove, type Removing } from './remove.ts';
import type { Run } from './run.ts';
import { segmentsOf, type Applying, type Numbered } from './segments.ts';
import { waitForGates } from './wait.ts';

/** A step of a group: everything but holds and the deletes after the last group. */
export type GroupStep = Numbered<ApplyStep | RecreateStep | DeleteStep>;

/** A Job whose pod runs for longer than this does not hold up the rest of its group, in ms. */
const LONG_JOB_MS = 30_000;

/**
 * Carries out the sorted steps of one group: removals together, applies in segments, gates. What became of them is in the
 * book. `next`: arguments of the kubectl that is run after the group.
 */
export async function runGroup(run: Run, steps: readonly GroupStep[], next: readonly string[]): Promise<void> {
  const { book, log } = run;
  const open = steps.filter(({ index }) => !book.isDone(index));
  await remove(run, open.filter(isRemoval(run)));
  const stuckAt = firstFailed(run, open);
  const atEnd: Gate[] = [];
  const segments = segmentsOf(open.filter(isApplying));
  for (const [position, segment] of segments.entries()) {
    // A removal that failed stops the group at its own place: neighbours that were deleted with it are made again first.
    if (stuckAt && compareOrder((segment[0] as Applying).step.place, stuckAt) > 0) break;
    const able = segment.filter(({ index }) => !book.hasFailed(index));
    await applySegment(run, able, position === segments.length - 1 ? next : APPLY);
    log('info', 'applied', { steps: able.length });
    const applied = able.filter(({ index }) => !book.hasFailed(index));
    const gates = endUngated(run, applied).map((item) => openGate(item, run.clock));
    const isLast = position === segments.length - 1 || segment.length > applied.length;
    const first = isLast ? [] : gates.filter(({ step }) => gateOf(step.entry)?.at === 'segment');
    atEnd.push(...gates.filter((gate) => !first.includes(gate)));
    atEnd.push(...(await pass(run, first, LONG_JOB_MS)));
    if (isLast || first.some(({ index }) => book.hasFailed(index))) break;
  }
  for (const gate of atEnd) if (!isJob(gate.step.entry)) gate.begin = run.clock.elapsed();
  await pass(run, atEnd);
}

/** Waits for gates and writes how they end; answers with the Jobs that are left for the group's end. */
async function pass(run: Run, gates: readonly Gate[], leaveJobsAfter = Infinity): Promise<Gate[]> {
  const { book, background } = run;
  const later: Gate[] = [];
  await waitForGates(run, gates, { background, leaveJobsAfter, hurry: book.hasFailed() }, (gate, end) => {
    switch (end.state) {
      case 'ready':
        if (end.note !== undefined) book.note(gate.index, end.note);
        return book.done(gate.index);
      case 'failed':
        return book.fail(gate.index, end.reason);
      case 'later':
        book.note(gate.index, end.reason);
        return void later.push(gate);
      default:
        return end satisfies never;
    }
  });
  return later;
}

/** Steps without a gate are done when they are applied; answers with the others. */
function endUngated({ book, background, clock }: Run, items: readonly Applying[]): Applying[] {
  return items.filter((item) => {
    if (isGated(item.step)) return true;
    book.done(item.index);
    if (isJob(item.step.entry)) background.add(openGate(item, clock));
    return false;
  });
}

// A recreate whose new object is there already begins with nothing.
function isRemoval({ marks }: Run): (item: GroupStep) => item is Removing & GroupStep {
  return (item): item is Removing & GroupStep => item.step.kind !== 'apply' && !marks.applied.has(item.index);
}

function isApplying(item: GroupStep): item is Applying {
  return item.step.kind !== 'delete';
}

function firstFailed({ book }: Run, steps: readonly GroupStep[]): Order | undefined {
  return steps.find(({ index }) => book.hasFailed(index))?.step.place;
}
