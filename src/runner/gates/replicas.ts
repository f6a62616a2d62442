import type { Workload } from './shapes.ts';
import { isObserved, met, ready, textOf, unobserved, waiting, type Verdict } from './verdict.ts';

/** Updated = available = replicas and no old pods. Paused, or 0 replicas: passed, noted. */
export function judgeDeployment(workload: Workload): Verdict {
  if (!isObserved(workload)) return unobserved;
  const { spec = {}, status = {} } = workload;
  if (spec.paused === true) return ready('paused');
  const wanted = spec.replicas ?? 1;
  if (wanted === 0) return ready('0 replicas');
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  if (updatedReplicas < wanted) return waiting(withCause(workload, `${updatedReplicas} of ${wanted} pods updated`));
  if (replicas > updatedReplicas) return waiting(`${replicas - updatedReplicas} old pods still there`);
  if (replicas > wanted) return waiting(`${replicas - wanted} pods too many`);
  if (availableReplicas < wanted) return waiting(`${availableReplicas} of ${wanted} pods available`);
  return ready();
}

/** Ready = replicas. */
export function judgeReplicaSet(workload: Workload): Verdict {
  if (!isObserved(workload)) return unobserved;
  const wanted = workload.spec?.replicas ?? 1;
  if (wanted === 0) return ready('0 replicas');
  const { replicas = 0, readyReplicas = 0 } = workload.status ?? {};
  if (replicas > wanted) return waiting(`${replicas - wanted} pods too many`);
  if (readyReplicas < wanted) return waiting(withCause(workload, `${readyReplicas} of ${wanted} pods ready`));
  return ready();
}

// Pods that could not even be made: a quota, pod security, a missing service account.
function withCause(workload: Workload, counted: string): string {
  const cause = textOf(met(workload, 'ReplicaFailure'));
  return cause === '' ? counted : `${counted}; ${cause}`;
}
