import { definiteAfter } from './image-message.ts';
import type { ContainerStatus, Pod, Workload } from './shapes.ts';

/** What keeps a pod from being ready. */
export interface Trouble {
  /** Equal as long as it is the same trouble of the same pod. */
  key: string;
  /** Names pod, container and cause. */
  reason: string;
  /** It is definite once it has lasted this long, in ms; Infinity: it may always pass. */
  after: number;
  /** Nothing of the plan is to blame: registry away, disk full, node not ready. */
  passing?: true;
}

export interface TroubleFacts {
  /** A Job of this group or an earlier one is unfinished: it may still make the missing configuration. */
  jobsUnfinished: boolean;
  /** A Job has its own limit of retries. */
  isJob: boolean;
  /** When the workload was applied, by the API server's clock, in ms: older pods may have restarted for older reasons. */
  appliedAt: number;
}

const CONFIG_MS = 30_000;
const UNSCHEDULABLE_MS = 60_000;
const MANY_RESTARTS = 5;

/** All troubles of a workload's current pods. */
export function troublesOf(pods: readonly Pod[], facts: TroubleFacts): Trouble[] {
  return pods.flatMap((pod) => {
    if (pod.metadata.deletionTimestamp !== undefined) return [];
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    const containers = [...initContainerStatuses, ...containerStatuses];
    return [
      ...unscheduled(pod),
      ...evicted(pod),
      ...containers.flatMap((container) => [
        ...waitingOf(pod, container, facts),
        ...restartsOf(pod, container, facts),
        ...crashOf(pod, container),
      ]),
    ];
  });
}

/** When Ordo last changed the object, by the API server's clock, in ms. */
export function appliedAt({ metadata }: Workload, manager: string): number {
  const times = (metadata.managedFields ?? [])
    .filter((entry) => entry.manager === manager && entry.operation === 'Apply' && entry.subresource === undefined)
    .map((entry) => Date.parse(entry.time ?? ''));
  return Math.max(0, ...[Date.parse(metadata.creationTimestamp ?? ''), ...times].filter(Number.isFinite));
}

function unscheduled(pod: Pod): Trouble[] {
  const condition = pod.status?.conditions?.find(
    ({ type, status, reason }) => type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable',
  );
  if (!condition) return [];
  const { message = '' } = condition;
  // A volume may still be made or set free.
  const after = /volume|pvc/i.test(message) ? Infinity : UNSCHEDULABLE_MS;
  const reason = `pod ${pod.metadata.name}: Unschedulable: ${message}`;
  return [
    { key: `unschedulable ${pod.metadata.uid}`, reason, after, ...(isOfNodes(message) && { passing: true as const }) },
  ];
}

/** What only the state of the nodes keeps out, by taints that Kubernetes itself sets; not a pod that fits nowhere. */
const isOfNodes = (message: string): boolean =>
  /node\.kubernetes\.io\/|were unschedulable/.test(message) && !/Insufficient|didn't match/.test(message);

/** The node needed its disk or memory for itself. */
function evicted({ metadata, status }: Pod): Trouble[] {
  if (status?.reason !== 'Evicted') return [];
  const reason = `pod ${metadata.name}: Evicted: ${status.message ?? ''}`;
  return [{ key: `evicted ${metadata.uid}`, reason, after: Infinity, passing: true }];
}

function waitingOf(pod: Pod, container: ContainerStatus, facts: TroubleFacts): Trouble[] {
  const { reason, message = '' } = container.state?.waiting ?? {};
  if (reason === undefined || reason === 'ContainerCreating' || reason === 'PodInitializing') return [];
  const text = `${where(pod, container)}: ${reason}${message === '' ? '' : `: ${message}`}`;
  const trouble = (after: number, key = reason): [Trouble] => [
    { key: `${key} ${pod.metadata.uid} ${container.name}`, reason: text, after },
  ];
  switch (reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff': {
      // One key: between two tries it is the other reason.
      const [one] = trouble(definiteAfter(pod, message, imageOf(pod, container)), 'pull');
      return one.after === Infinity ? [{ ...one, passing: true }] : [one];
    }
    case 'InvalidImageName':
    case 'ErrImageNeverPull':
      return trouble(0);
    case 'CreateContainerConfigError':
      // Another key: the time starts when the last Job has ended.
      return facts.jobsUnfinished ? trouble(Infinity, 'config-and-jobs') : trouble(CONFIG_MS);
    default:
      return trouble(Infinity);
  }
}

function restartsOf(pod: Pod, container: ContainerStatus, { isJob, appliedAt: applied }: TroubleFacts): Trouble[] {
  const { restartCount = 0, ready = false, lastState, state } = container;
  const older = Date.parse(pod.metadata.creationTimestamp ?? '') < applied;
  if (isJob || older || ready || restartCount < MANY_RESTARTS) return [];
  const end = state?.terminated ?? lastState?.terminated;
  const last = end ? `, last with exit code ${end.exitCode ?? '?'} (${end.reason ?? 'Error'})` : '';
  const reason = `${where(pod, container)} has restarted ${restartCount} times${last}`;
  return [{ key: `restarts ${pod.metadata.uid} ${container.name}`, reason, after: 0 }];
}

// Only to be told when the time is up: what a crash looks like between two restarts.
function crashOf(pod: Pod, container: ContainerStatus): Trouble[] {
  const { terminated } = container.state ?? {};
  if (terminated === undefined || terminated.exitCode === 0) return [];
  const reason = `${where(pod, container)} ended with exit code ${terminated.exitCode ?? '?'} (${terminated.reason ?? 'Error'})`;
  return [{ key: `crash ${pod.metadata.uid} ${container.name}`, reason, after: Infinity }];
}

function where(pod: Pod, container: ContainerStatus): string {
  return `pod ${pod.metadata.name}, container ${container.name}`;
}

function imageOf(pod: Pod, container: ContainerStatus): string {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  return [...containers, ...initContainers].find(({ name }) => name === container.name)?.image ?? container.image ?? '';
}
