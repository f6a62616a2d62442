import { isStatefulSet } from '../domain/kinds.ts';
import { deleteByUid } from './delete.ts';
import { isOwned } from './gates/pods.ts';
import type { Pod, Workload } from './gates/shapes.ts';
import { isObserved, met } from './gates/verdict.ts';
import { list, readAll } from './read.ts';
import type { Run } from './run.ts';
import type { Applying } from './segments.ts';

const REVISION = 'controller-revision-hash';
const OBSERVED_MS = 10_000;
const LOOK_MS = 200;

/**
 * A StatefulSet that rolls waits for each pod to be ready before it takes the next, even when a new template is to replace
 * that pod: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback. So pods of an older
 * revision that are not ready are deleted once the new template is there.
 */
export async function unstick(run: Run, items: readonly Applying[]): Promise<void> {
  const rolling = items.filter(({ step }) => isStatefulSet(step.entry) && step.kind !== 'recreate');
  for (const item of rolling) {
    const live = await whenObserved(run, item.step.path);
    if (live === undefined) continue;
    const { namespace } = item.step.entry;
    const pods = (await list(run.api, `/api/v1/namespaces/${namespace}/pods`)) as Pod[];
    for (const { metadata } of stuckPods(live, pods)) {
      const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}`;
      run.book.note(item.index, `pod ${metadata.name} of an older revision was not ready: deleted, to be made anew`);
      await deleteByUid(run, { index: item.index, path, uid: metadata.uid ?? '' });
    }
  }
}

/** The pods that would be waited for although they are to be replaced. */
export function stuckPods(set: Workload, pods: readonly Pod[]): Pod[] {
  const { updateStrategy, replicas = 1 } = set.spec ?? {};
  const revision = set.status?.updateRevision;
  if (updateStrategy?.type === 'OnDelete' || revision === undefined) return [];
  const first = updateStrategy?.rollingUpdate?.partition ?? 0;
  return pods.filter((pod) => {
    if (!isOwned(pod.metadata, set.metadata.uid)) return false;
    const ordinal = Number(pod.metadata.name.slice(set.metadata.name.length + 1));
    const isOld = pod.metadata.labels?.[REVISION] !== revision;
    const isLeaving = pod.metadata.deletionTimestamp !== undefined;
    return isOld && !isLeaving && ordinal >= first && ordinal < replicas && met(pod, 'Ready') === undefined;
  });
}

async function whenObserved({ api, clock, signal }: Run, path: string): Promise<Workload | undefined> {
  const end = clock.elapsed() + OBSERVED_MS;
  for (;;) {
    const live = (await readAll(api, [path])).get(path) as Workload | undefined;
    if (live === undefined || isObserved(live)) return live;
    if (clock.elapsed() > end) return undefined;
    await clock.sleep(LOOK_MS, signal);
  }
}
