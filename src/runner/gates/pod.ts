import type { Pod, Workload } from './shapes.ts';
import { failed, met, ready, waiting, type Verdict } from './verdict.ts';

/** A bare Pod: Ready or Succeeded. A Failed one never becomes either. */
export function judgePod(workload: Workload): Verdict {
  const { status } = workload as Pod;
  if (status?.phase === 'Succeeded') return ready('succeeded');
  if (status?.phase === 'Failed') {
    return failed(['the pod failed', status.reason, status.message].filter((text) => text !== undefined).join(': '));
  }
  return met(workload, 'Ready') ? ready() : waiting(`the pod is ${status?.phase ?? 'new'}, not ready`);
}
