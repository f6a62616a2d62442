import type { ResourceKind } from '../domain/object.ts';

/** What Kubernetes 1.34 serves by itself and people write, by API group: `Kind` or `Kind:plural`; behind `|` those without a namespace. */
const TABLE: Record<string, string> = {
  '': 'ConfigMap Endpoints:endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount | Namespace Node PersistentVolume',
  apps: 'ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet',
  batch: 'CronJob Job',
  autoscaling: 'HorizontalPodAutoscaler',
  policy: 'PodDisruptionBudget',
  'networking.k8s.io': 'Ingress NetworkPolicy:networkpolicies | IngressClass IPAddress ServiceCIDR',
  'rbac.authorization.k8s.io': 'Role RoleBinding | ClusterRole ClusterRoleBinding',
  'storage.k8s.io':
    'CSIStorageCapacity:csistoragecapacities | CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass',
  'scheduling.k8s.io': '| PriorityClass',
  'node.k8s.io': '| RuntimeClass',
  'discovery.k8s.io': 'EndpointSlice',
  'events.k8s.io': 'Event',
  'coordination.k8s.io': 'Lease',
  'resource.k8s.io': 'ResourceClaim ResourceClaimTemplate | DeviceClass ResourceSlice',
  'apiextensions.k8s.io': '| CustomResourceDefinition',
  'apiregistration.k8s.io': '| APIService',
  'admissionregistration.k8s.io':
    '| MutatingWebhookConfiguration ValidatingAdmissionPolicy:validatingadmissionpolicies ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration',
  'certificates.k8s.io': '| CertificateSigningRequest',
  'flowcontrol.apiserver.k8s.io': '| FlowSchema PriorityLevelConfiguration',
};

/** The kinds that every cluster has, for where no cluster can be asked. The version is the object's own. */
export const KUBERNETES_KINDS: readonly ResourceKind[] = Object.entries(TABLE).flatMap(([group, kinds]) => {
  const [namespaced = '', others = ''] = kinds.split('|');
  return [...served(group, namespaced, true), ...served(group, others, false)];
});

function served(group: string, words: string, namespaced: boolean): ResourceKind[] {
  const names = words.split(' ').filter((word) => word !== '');
  return names.map((word) => {
    const [kind = '', plural = pluralOf(kind)] = word.split(':');
    return { group, version: '', kind, plural, namespaced };
  });
}

function pluralOf(kind: string): string {
  return `${kind.toLowerCase()}${kind.endsWith('s') ? 'es' : 's'}`;
}

const byName = new Map(KUBERNETES_KINDS.map((kind) => [`${kind.group}/${kind.kind}`, kind]));

/** Whether the kind (`group/Kind`) stands in no namespace, as far as Kubernetes itself has it. */
export const isClusterWide = (name: string): boolean => byName.get(name)?.namespaced === false;

/** Whether every cluster has it: no CRD makes it. */
export const isBuiltIn = (group: string, kind: string): boolean => byName.has(`${group}/${kind}`);

/** Groups whose kinds are all in the table: what is not among them is a slip of the pen. */
export const isBuiltInGroup = (group: string): boolean => Object.hasOwn(TABLE, group);
