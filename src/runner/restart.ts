import { ANNOTATION_RESTART, RESTART_MANAGER } from '../domain/stamps.ts';
import { applyArguments } from './arguments.ts';
import { manifestOf, type Run } from './run.ts';
import { errorText, isTransient } from './said.ts';
import type { Applying } from './segments.ts';
import { patience } from './transient.ts';

const RESTART = applyArguments(RESTART_MANAGER);
const KUBECTL_MS = 60_000;

/**
 * Makes the pods of applied workloads anew, one after another as their strategy says, by an annotation on the pod template.
 * Its value is the rollout's number: a runner that starts again restarts nothing twice.
 */
export async function restartPods(run: Run, items: readonly Applying[]): Promise<void> {
  for (const item of items)
    if (item.step.kind === 'restart' && !run.book.hasFailed(item.index)) await restart(run, item);
}

async function restart(run: Run, { index, step: { entry } }: Applying): Promise<void> {
  const { book, redact, rollout, signal } = run;
  const { apiVersion, kind } = manifestOf(run, index);
  const { name, namespace } = entry;
  const template = { metadata: { annotations: { [ANNOTATION_RESTART]: String(rollout.plan.rollout) } } };
  const document = JSON.stringify({ apiVersion, kind, metadata: { name, namespace }, spec: { template } });
  const pause = patience(run);
  for (;;) {
    signal.throwIfAborted();
    const said = await run.kubectl.run(RESTART, document, KUBECTL_MS);
    if (said.code === 0) return book.touch(index, 'applied');
    if (!isTransient(said)) return book.fail(index, errorText(said));
    await pause(redact(errorText(said)));
  }
}
