import { compareOrder, groupOf } from '../domain/order.ts';
import { isActive, type DeleteStep, type Rollout } from '../domain/plan.ts';
import { findMarks } from './applied.ts';
import { APPLY } from './apply.ts';
import { openBook, type Book } from './book.ts';
import { runGroup, type GroupStep } from './group.ts';
import { outcomeWriter, WRITE, readOutcome, type OutcomeWriter } from './outcome.ts';
import { redactor, type Redact } from './redact.ts';
import { remove } from './remove.ts';
import type { Run, Tools } from './run.ts';
import type { Applying, Numbered } from './segments.ts';
import { TransientError } from './transient.ts';

/** The runner's exit codes (docs: the Job's podFailurePolicy gives up on 1 and 2, and tries again on every other). */
export const EXIT = { done: 0, failed: 1, unreadable: 2, again: 3 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** Carries out a rollout, or what an earlier pod of its Job has left of it, and writes the outcome. */
export async function runRollout(tools: Tools, rollout: Rollout): Promise<Exit> {
  const { plan, manifests } = rollout;
  const redact = redactor(Object.values(manifests));
  const writer = outcomeWriter(tools, plan.namespace);
  let book: Book | undefined;
  tools.kubectl.prepare(APPLY);
  try {
    const earlier = await readOutcome(tools.api, plan.namespace, plan.rollout);
    if (earlier?.state === 'done') return EXIT.done;
    if (earlier?.state === 'failed') return EXIT.failed;
    book = openBook(plan, earlier, { ...tools, redact });
    await carryOut(tools, rollout, book, redact, writer);
    const state = book.hasFailed() ? 'failed' : 'done';
    await writer.finish(book.outcome(state));
    tools.log('info', 'rollout ended', { state });
    return EXIT[state];
  } catch (error) {
    return await giveUp(tools, error, book, redact, writer);
  }
}

async function carryOut(
  tools: Tools,
  rollout: Rollout,
  book: Book,
  redact: Redact,
  writer: OutcomeWriter,
): Promise<void> {
  const { plan } = rollout;
  const steps = plan.steps.map((step, index) => ({ index, step })).filter(({ index }) => !book.isDone(index));
  const ofGroups = steps.filter(isOfGroup).sort((a, b) => compareOrder(a.step.place, b.step.place));
  const marks = await findMarks(
    tools.api,
    plan,
    ofGroups.filter((item): item is Applying => item.step.kind !== 'delete'),
  );
  tools.log('info', 'rollout begins', { steps: steps.length, appliedBefore: marks.applied.size });
  const run: Run = { ...tools, rollout, book, redact, marks, background: new Set() };
  const groups = [...Map.groupBy(ofGroups, ({ step }) => groupOf(step.place))];
  for (const [position, [group, members]] of groups.entries()) {
    tools.signal.throwIfAborted();
    tools.log('info', 'group begins', { group, steps: members.length });
    await runGroup(run, members, position === groups.length - 1 ? WRITE : APPLY);
    if (book.hasFailed()) return;
    writer.offer(book.outcome('running'));
  }
  const last = steps.filter(isLast).sort((a, b) => compareOrder(b.step.place, a.step.place));
  for (const item of last) {
    await remove(run, [item]);
    if (book.hasFailed()) return;
  }
}

/** The way out when the rollout could not be brought to an end: by a stop, by a passing cause, or by a fault of our own. */
async function giveUp(
  tools: Tools,
  error: unknown,
  book: Book | undefined,
  redact: Redact,
  writer: OutcomeWriter,
): Promise<Exit> {
  const passing = tools.signal.aborted || error instanceof TransientError;
  const reason = redact(error instanceof Error ? error.message : String(error));
  tools.log(passing ? 'warn' : 'error', tools.signal.aborted ? 'stopped' : 'given up', { reason });
  try {
    if (book)
      await writer.finish(passing ? book.outcome('running') : book.outcome('failed', `internal error: ${reason}`));
  } catch (failure) {
    tools.log('warn', 'the outcome could not be written', { reason: redact(String(failure)) });
  }
  return passing ? EXIT.again : EXIT.failed;
}

function isOfGroup(item: Numbered): item is GroupStep {
  return isActive(item.step) && !isLast(item);
}

function isLast(item: Numbered): item is Numbered<DeleteStep> {
  return item.step.kind === 'delete' && item.step.phase === 'end';
}
