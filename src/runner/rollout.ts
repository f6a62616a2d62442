import { compareOrder, groupOf } from '../domain/order.ts';
import { isActive, type DeleteStep, type RollStep, type Rollout } from '../domain/plan.ts';
import type { Gate } from './gates/gate.ts';
import { findMarks } from './applied.ts';
import { APPLY } from './arguments.ts';
import { openBook } from './book.ts';
import { openBundle } from './bundle/bundle.ts';
import { runGroup, type GroupStep } from './group.ts';
import { outcomeWriter, readOutcome } from './outcome.ts';
import { preflight } from './preflight/preflight.ts';
import { TRY } from './preflight/try-new.ts';
import { redactor, type Redact } from './redact.ts';
import { endRemoval, remove } from './remove.ts';
import { rollPods } from './roll.ts';
import type { Run, Tools } from './run.ts';
import type { Numbered } from './segments.ts';
import { supersededCheck, SupersededError } from './superseded.ts';
import { TransientError } from './transient.ts';

/** Exit codes by how a rollout ends; the Job's podFailurePolicy gives up on 1 and 2, and tries again on every other. */
const EXIT = { done: 0, failed: 1, stopped: 1, running: 3 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** Carries out a rollout, or what an earlier pod of its Job has left of it, and writes the outcome. */
export async function runRollout(tools: Tools, rollout: Rollout): Promise<Exit> {
  const redact = redactor(Object.values(rollout.manifests));
  tools.kubectl.prepare(APPLY);
  if (rollout.plan.steps.some(({ kind }) => kind === 'recreate')) tools.kubectl.prepare(TRY);
  try {
    return await attempt(tools, rollout, redact);
  } catch (error) {
    const state = stateFor(tools.signal, error);
    tools.log.error({ reason: redact(messageOf(error)), state }, 'no outcome');
    return EXIT[state];
  } finally {
    await tools.kubectl.close();
  }
}

async function attempt(tools: Tools, rollout: Rollout, redact: Redact): Promise<Exit> {
  const { api, log, signal } = tools;
  const { plan } = rollout;
  const finding = findMarks(api, plan);
  finding.catch(() => undefined);
  const earlier = await readOutcome(api, plan.namespace, plan.rollout);
  if (earlier && earlier.state !== 'running') return EXIT[earlier.state];
  const book = openBook(plan, earlier, { ...tools, redact });
  const writer = outcomeWriter(tools, plan.namespace);
  const bundle = openBundle(tools, rollout);
  const save = (): void => writer.offer(book.outcome('running'));
  let end: { state: keyof typeof EXIT; reason?: string };
  try {
    const marks = await finding;
    const startMs = Math.round(tools.clock.elapsed());
    log.info({ steps: plan.steps.length, appliedBefore: marks.applied.size, startMs }, 'rollout begins');
    const ifStillWanted = supersededCheck(api, plan, tools.clock);
    const kept = { sent: new Map(), copies: new Map(), background: new Set<Gate>() };
    await carryOut({ ...tools, ...kept, rollout, book, redact, marks, bundle, ifStillWanted, save });
    end = { state: book.hasFailed() ? 'failed' : 'done' };
  } catch (error) {
    end = { state: stateFor(signal, error), reason: messageOf(error) };
  }
  const outcome = book.outcome(end.state, end.reason);
  if (end.state === 'failed') await bundle.write(outcome);
  await writer.finish(outcome);
  log.info({ ...end, ...(end.reason !== undefined && { reason: redact(end.reason) }) }, 'rollout ended');
  return EXIT[end.state];
}

async function carryOut(run: Run): Promise<void> {
  const { book, log, signal, rollout } = run;
  const steps = rollout.plan.steps.map((step, index) => ({ index, step })).filter(({ index }) => !book.isDone(index));
  const ofGroups = steps.filter(isOfGroup).sort((a, b) => compareOrder(a.step.place, b.step.place));
  const groups = [...Map.groupBy(ofGroups, groupNameOf)];
  // In the order of the plan: what is used goes after its users.
  const last = steps.filter(isLast);
  await preflight(run);
  if (book.hasFailed()) return;
  for (const [position, [group, members]] of groups.entries()) {
    signal.throwIfAborted();
    log.info({ group, steps: members.length }, 'group begins');
    const isEnd = position === groups.length - 1;
    await runGroup(run, members, isEnd);
    if (book.hasFailed()) return;
    // The last word follows at once, and would have to wait for this one.
    if (!isEnd || last.length > 0) run.save();
  }
  await rollPods(run, steps.filter(isRoll));
  for (const item of last) {
    await endRemoval(run, await remove(run, [item]));
    if (book.hasFailed()) return;
  }
}

// A stop and a passing cause are for the Job's next pod; everything else that is thrown is a fault of our own.
function stateFor(signal: AbortSignal, error: unknown): Exclude<keyof typeof EXIT, 'done'> {
  if (error instanceof SupersededError) return 'stopped';
  return signal.aborted || error instanceof TransientError ? 'running' : 'failed';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What runs before a group is one of its own: it is complete before the other begins. */
function groupNameOf({ step }: GroupStep): string {
  const group = groupOf(step.place);
  return 'before' in step && step.before ? `before ${group}` : `${group}`;
}

function isOfGroup(item: Numbered): item is GroupStep {
  return isActive(item.step) && !isRoll(item) && !isLast(item);
}

function isRoll(item: Numbered): item is Numbered<RollStep> {
  return item.step.kind === 'roll';
}

function isLast(item: Numbered): item is Numbered<DeleteStep> {
  return item.step.kind === 'delete' && item.step.phase === 'end';
}
