import type { Workload } from './shapes.ts';
import { isObserved, ready, unobserved, waiting, type Verdict } from './verdict.ts';

/** Updated ≥ replicas − partition and all ready; with OnDelete pods change only when someone deletes them: ready only. */
export function judgeStatefulSet(workload: Workload): Verdict {
  if (!isObserved(workload)) return unobserved;
  const { spec = {}, status = {} } = workload;
  const wanted = spec.replicas ?? 1;
  if (wanted === 0) return ready('0 replicas');
  const { replicas = 0, readyReplicas = 0, updatedReplicas = 0 } = status;
  const onDelete = isOnDelete(workload);
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
  const due = onDelete ? 0 : Math.max(0, wanted - partition);
  if (updatedReplicas < due) return waiting(`${updatedReplicas} of ${due} pods updated`);
  if (replicas > wanted) return waiting(`${replicas - wanted} pods too many`);
  if (readyReplicas < wanted) return waiting(`${readyReplicas} of ${wanted} pods ready`);
  if (onDelete) return ready('OnDelete: pods are replaced when someone deletes them');
  return partition > 0 ? ready(`partition ${partition}: pods below it keep the old version`) : ready();
}

/** Desired = updated = ready. */
export function judgeDaemonSet(workload: Workload): Verdict {
  if (!isObserved(workload)) return unobserved;
  const { desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberReady = 0 } = workload.status ?? {};
  if (desiredNumberScheduled === 0) return ready('no node wants it');
  const onDelete = isOnDelete(workload);
  if (!onDelete && updatedNumberScheduled < desiredNumberScheduled) {
    return waiting(`${updatedNumberScheduled} of ${desiredNumberScheduled} pods updated`);
  }
  if (numberReady < desiredNumberScheduled) return waiting(`${numberReady} of ${desiredNumberScheduled} pods ready`);
  return onDelete ? ready('OnDelete: pods are replaced when someone deletes them') : ready();
}

function isOnDelete({ spec }: Workload): boolean {
  return spec?.updateStrategy?.type === 'OnDelete';
}
