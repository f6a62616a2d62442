import type { Workload } from './shapes.ts';
import { met, ready, textOf, waiting, type Verdict } from './verdict.ts';

/** Active: objects can be made in it. */
export function judgeNamespace({ status }: Workload): Verdict {
  return status?.phase === 'Active' ? ready() : waiting(`the namespace is ${status?.phase ?? 'new'}`);
}

/** Established: the API server has begun to serve it. */
export function judgeCrd(workload: Workload): Verdict {
  if (met(workload, 'Established')) return ready();
  const refused = workload.status?.conditions?.find(
    ({ type, status }) => type === 'NamesAccepted' && status === 'False',
  );
  return waiting(refused ? `its names are not accepted: ${textOf(refused)}` : 'not established');
}
