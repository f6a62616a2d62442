import type { Identity } from './identity.ts';

type GroupKind = Pick<Identity, 'group' | 'kind'>;

const key = ({ group, kind }: GroupKind): string => `${group}/${kind}`;
const among =
  (...kinds: string[]) =>
  (identity: GroupKind): boolean =>
    kinds.includes(key(identity));

/** The seven kinds that run pods: the ones that are deleted and recreated. */
export const isWorkload = among(
  'apps/Deployment',
  'apps/DaemonSet',
  'apps/ReplicaSet',
  'apps/StatefulSet',
  'batch/CronJob',
  'batch/Job',
  '/Pod',
);

/** Kinds whose pod template can be changed in place. */
export const canRoll = among('apps/Deployment', 'apps/DaemonSet', 'apps/StatefulSet', 'batch/CronJob');

/** Kinds that hold configuration: their keys are compared one by one. */
export const isConfiguration = among('/ConfigMap', '/Secret');

/** Removed together with the workloads of their group: their successors may want their ports. */
export const isExposure = among('/Service', 'networking.k8s.io/Ingress');

/** Kinds that end a segment: what follows may need them to be there. */
export const endsSegment = among('/Namespace', 'apiextensions.k8s.io/CustomResourceDefinition', 'batch/Job');

/** Kinds that hold data or carry others: never recreated, and their deletion is always held. */
export const isPrecious = among(
  '/Namespace',
  '/PersistentVolume',
  '/PersistentVolumeClaim',
  'storage.k8s.io/StorageClass',
  'apiextensions.k8s.io/CustomResourceDefinition',
);

/** Put back after a failure: never Jobs, which would run again, nor what holds data or carries others. */
export const goesBack = (identity: GroupKind): boolean => !isJob(identity) && !isPrecious(identity);

/** Precious ones that are not replaced even when a person allows it: what they hold would go with them. */
export const isKept = among(
  '/Namespace',
  '/PersistentVolume',
  '/PersistentVolumeClaim',
  'apiextensions.k8s.io/CustomResourceDefinition',
);

/** Nothing runs in them and nothing is lost with them: deleted and made anew when they cannot change in place. */
export const isReplaceable = among(
  'rbac.authorization.k8s.io/RoleBinding',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  '/ConfigMap',
  '/Secret',
  'scheduling.k8s.io/PriorityClass',
  'networking.k8s.io/IngressClass',
);

export const isNamespace = among('/Namespace');
export const isJob = among('batch/Job');
export const isCronJob = among('batch/CronJob');
export const isStatefulSet = among('apps/StatefulSet');
