import type { Pod, Workload } from './shapes.ts';
import { failed, met, ready, textOf, waiting, type Verdict } from './verdict.ts';

/** Complete. FailureTarget is the Job controller's final word too, said before the pods are gone. */
export function judgeJob(workload: Workload): Verdict {
  if (met(workload, 'Complete')) return ready();
  const failure = met(workload, 'Failed') ?? met(workload, 'FailureTarget');
  if (failure) return failed(`the Job failed: ${textOf(failure)}`);
  if (workload.spec?.suspend === true) return ready('suspended');
  const { succeeded = 0, failed: lost = 0 } = workload.status ?? {};
  return waiting(`not complete: ${succeeded} pods succeeded, ${lost} failed`);
}

/** All its work was seen to be done: when it disappears after this, its TTL took it. */
export function hasSucceeded(workload: Workload): boolean {
  return met(workload, 'Complete') !== undefined || met(workload, 'SuccessCriteriaMet') !== undefined;
}

/** How long ago the first container of any of these pods started, in ms; 0 before that: pulling an image is not running. */
export function ranFor(pods: readonly Pod[], now: number): number {
  const starts = pods
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .flatMap(({ state, lastState }) => [state?.running, state?.terminated, lastState?.terminated])
    .map((part) => Date.parse(part?.startedAt ?? ''))
    .filter((time) => Number.isFinite(time));
  return starts.length === 0 ? 0 : Math.max(0, now - Math.min(...starts));
}
