import type { Identity } from '../../domain/identity.ts';
import { hasManifest, type Step } from '../../domain/plan.ts';
import { judgeJob } from './job.ts';
import { judgePod } from './pod.ts';
import { judgeDeployment, judgeReplicaSet } from './replicas.ts';
import { judgeDaemonSet, judgeStatefulSet } from './sets.ts';
import { judgeCrd, judgeNamespace } from './standing.ts';
import type { Judge } from './verdict.ts';

/** segment: before the next segment starts; group: before the next group starts. */
export type GateAt = 'segment' | 'group';

const GATES: Partial<Record<string, { at: GateAt; judge: Judge }>> = {
  '/Namespace': { at: 'segment', judge: judgeNamespace },
  'apiextensions.k8s.io/CustomResourceDefinition': { at: 'segment', judge: judgeCrd },
  'batch/Job': { at: 'segment', judge: judgeJob },
  'apps/Deployment': { at: 'group', judge: judgeDeployment },
  'apps/ReplicaSet': { at: 'group', judge: judgeReplicaSet },
  'apps/StatefulSet': { at: 'group', judge: judgeStatefulSet },
  'apps/DaemonSet': { at: 'group', judge: judgeDaemonSet },
  '/Pod': { at: 'group', judge: judgePod },
};

/** The gate of a kind; CronJobs, claims and everything that does not run have none. */
export function gateOf({ group, kind }: Pick<Identity, 'group' | 'kind'>): { at: GateAt; judge: Judge } | undefined {
  return GATES[`${group}/${kind}`];
}

/** Whether a step is waited for at all. */
export function isGated(step: Step): boolean {
  return hasManifest(step) && step.wait !== 'none' && gateOf(step.entry) !== undefined;
}
