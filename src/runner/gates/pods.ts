import type { Meta, Pod, Selector, Workload } from './shapes.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const GENERATION = 'deprecated.daemonset.template.generation';

/**
 * The pods that tell whether what was applied works: owned by this very object (by uid) and of its current revision.
 * A Deployment owns them through the ReplicaSet of its newest revision.
 */
export function currentPods(
  kind: string,
  { metadata, status }: Workload,
  pods: readonly Pod[],
  replicaSets: readonly Workload[],
): Pod[] {
  const owned = (by: string | undefined): Pod[] => pods.filter((pod) => isOwned(pod.metadata, by));
  switch (kind) {
    case 'Pod':
      return pods.filter((pod) => pod.metadata.uid === metadata.uid);
    case 'Deployment': {
      const revision = metadata.annotations?.[REVISION];
      const newest = replicaSets.find(
        (set) => isOwned(set.metadata, metadata.uid) && set.metadata.annotations?.[REVISION] === revision,
      );
      return newest ? owned(newest.metadata.uid) : [];
    }
    case 'StatefulSet':
      return owned(metadata.uid).filter(
        (pod) => pod.metadata.labels?.['controller-revision-hash'] === status?.updateRevision,
      );
    case 'DaemonSet':
      return owned(metadata.uid).filter(
        (pod) => pod.metadata.labels?.['pod-template-generation'] === metadata.annotations?.[GENERATION],
      );
    default:
      return owned(metadata.uid);
  }
}

/** A workload's selector as the API's `labelSelector` takes it. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: Selector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'Exists':
        return key;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
    }
  });
  return [...labels, ...expressions].join(',');
}

export function isOwned(metadata: Meta, uid: string | undefined): boolean {
  return uid !== undefined && (metadata.ownerReferences ?? []).some((owner) => owner.uid === uid);
}
