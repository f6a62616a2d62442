import { ANNOTATION_RESTART, RESTART_MANAGER } from '../domain/stamps.ts';
import { applyArguments } from './arguments.ts';
import { insist } from './insist.ts';
import { manifestOf, type Run } from './run.ts';
import type { Applying } from './segments.ts';

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
  const { apiVersion, kind } = manifestOf(run, index);
  const { name, namespace } = entry;
  const template = { metadata: { annotations: { [ANNOTATION_RESTART]: String(run.rollout.plan.rollout) } } };
  const document = JSON.stringify({ apiVersion, kind, metadata: { name, namespace }, spec: { template } });
  if (await insist(run, index, () => run.kubectl.run(RESTART, document, KUBECTL_MS))) run.book.touch(index, 'applied');
}
