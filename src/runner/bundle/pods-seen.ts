import type { ContainerSeen, PodSeen } from '../../domain/bundle.ts';
import type { ContainerState, ContainerStatus, Pod } from '../gates/shapes.ts';

const MOST_PODS = 3;
const MOST_CONTAINERS = 3;

/** Container states that say nothing but "not yet". */
const BEGINNING = ['ContainerCreating', 'PodInitializing'];

/** The pods that are not ready, and of each the containers that keep it from being so, as they are now; a few of each. */
export function podsSeen(pods: readonly Pod[]): PodSeen[] {
  return pods
    .map(podSeen)
    .filter(({ reason, containers }) => reason !== undefined || containers.length > 0)
    .slice(0, MOST_PODS);
}

function podSeen({ metadata, status = {} }: Pod): PodSeen {
  const { initContainerStatuses = [], containerStatuses = [] } = status;
  const troubled = [...initContainerStatuses.filter(hasNotSucceeded), ...containerStatuses].filter(isTroubled);
  const unscheduled = status.conditions?.find((one) => one.type === 'PodScheduled' && one.status === 'False');
  const { reason, message } = unscheduled ?? status;
  const why = [reason, message].filter(Boolean).join(': ');
  return {
    name: metadata.name,
    phase: status.phase ?? 'Unknown',
    ...(why !== '' && { reason: why }),
    containers: troubled.slice(0, MOST_CONTAINERS).map(containerSeen),
  };
}

/** An init container that has done its work is not ready, and nothing is wrong with it. */
const hasNotSucceeded = ({ state }: ContainerStatus): boolean => state?.terminated?.exitCode !== 0;

function isTroubled({ ready, state }: ContainerStatus): boolean {
  return ready !== true && !BEGINNING.includes(state?.waiting?.reason ?? '');
}

function containerSeen({ name, state, lastState, restartCount = 0 }: ContainerStatus): ContainerSeen {
  const last = lastState?.terminated;
  return {
    name,
    state: stateText(state),
    restarts: restartCount,
    ...(last && { last: { ...codeOf(last), reason: last.reason ?? 'Error' } }),
  };
}

const codeOf = ({ exitCode }: { exitCode?: number }): { exitCode?: number } =>
  exitCode === undefined ? {} : { exitCode };

function stateText({ waiting, running, terminated }: ContainerState = {}): string {
  if (waiting) return [waiting.reason, waiting.message].filter(Boolean).join(': ');
  if (terminated) return `ended with exit code ${terminated.exitCode ?? '?'} (${terminated.reason ?? 'Error'})`;
  return running ? 'running, not ready' : 'not started';
}

/** Which instance of a container has something to tell: the one that died, where it was started again; undefined: none has run. */
export function instanceToAsk({ restarts, last, state }: ContainerSeen): 'previous' | 'current' | undefined {
  if (state.startsWith('ended ')) return 'current';
  if (restarts > 0 && last) return 'previous';
  return state.startsWith('running') ? 'current' : undefined;
}
