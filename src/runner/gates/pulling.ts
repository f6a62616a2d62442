import type { ContainerStatus, Pod } from './shapes.ts';
import { met } from './verdict.ts';

const NOT_YET = new Set(['ContainerCreating', 'PodInitializing']);

/**
 * Whether the kubelet pulls an image for this pod: its sandbox is there and its volumes are mounted, and the next container
 * to start has no image yet. Containers start one after another, those that initialise first.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-has-network
 */
export function isPulling(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp !== undefined || !met(pod, 'PodReadyToStartContainers')) return false;
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const first = initContainerStatuses.find((status) => !hasEnded(status));
  // A sidecar runs on beside what follows it.
  const next = first && first.started !== true ? [first] : containerStatuses;
  return next.some(({ state, imageID = '' }) => NOT_YET.has(state?.waiting?.reason ?? '') && imageID === '');
}

const hasEnded = ({ state }: ContainerStatus): boolean => state?.terminated?.exitCode === 0;
