import { definiteAfter } from '../gates/image-message.ts';
import type { ContainerStatus, Pod } from '../gates/shapes.ts';

/**
 * What a pod that only pulls says of one of its images. pulled: it is on the node; unable: nobody can tell from here;
 * passing and definite: why it cannot be pulled, `after`: once it has been so for that long, in ms.
 */
export type Pulled =
  | { state: 'pulled' | 'pulling' }
  | { state: 'passing' | 'unable'; reason: string }
  | { state: 'definite'; reason: string; after: number };

/** A start follows the pull: whatever is wrong with the start, the image is there. */
const STARTING = /^(RunContainer|CreateContainer|CrashLoopBackOff|StartError|PostStartHook)/;

/** @param container its name in the pod */
export function judgePull(pod: Pod, container: string, image: string): Pulled {
  const { phase, reason = '', message = '', containerStatuses = [], conditions = [] } = pod.status ?? {};
  const status = containerStatuses.find(({ name }) => name === container);
  const said = status?.state?.waiting?.reason ?? '';
  if (hasStarted(status) || STARTING.test(said)) return { state: 'pulled' };
  if (said === 'ErrImagePull' || said === 'ImagePullBackOff') {
    const text = status?.state?.waiting?.message ?? '';
    const after = definiteAfter(pod, text, image);
    const why = `${said}: ${text}`;
    return after === Infinity ? { state: 'passing', reason: why } : { state: 'definite', reason: why, after };
  }
  if (said === 'InvalidImageName') return { state: 'definite', reason: `InvalidImageName: ${image}`, after: 0 };
  if (reason === 'DeadlineExceeded') return { state: 'passing', reason: 'it was not pulled in time' };
  const unscheduled = conditions.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  if (phase === 'Failed') return { state: 'unable', reason: [reason, message].filter(Boolean).join(': ') };
  if (unscheduled) return { state: 'unable', reason: unscheduled.message ?? 'no node for it' };
  return { state: 'pulling' };
}

function hasStarted(status: ContainerStatus | undefined): boolean {
  const { running, terminated } = status?.state ?? {};
  // The kubelet's word for a container that never was.
  return running !== undefined || (terminated !== undefined && terminated.reason !== 'ContainerStatusUnknown');
}
