/**
 * Who uses whom in Kubernetes: one entry for each kind of reference, and nothing else to do for a new one. What recreates
 * workloads, what `ordo lint` and `ordo why` say, and in which order removed objects are deleted all come from here.
 */
export interface UseRule {
  /** Whose field it is: `group/Kind`; `pods`: of all that run pods, and the path begins below the pod's spec; `*`: of all. */
  from: string | readonly string[];
  /** Where the name stands, as `valuesAt` reads it. Beside it may stand `namespace` (else the user's is meant), `optional`, `key` or `items`. */
  at: string;
  /** `group/Kind`; `said`: `kind` with `apiVersion` or `apiGroup` stand beside the name. Of `selects`: what has such labels. */
  to: string;
  /**
   * configuration: a change of it makes new pods; needs: it is to be there first; selects: `at` is a label selector (or, for
   * a Service, the labels), and means what runs such pods.
   */
  sort: 'configuration' | 'needs' | 'selects';
  /** What becomes of the user as long as it is not there, for people. */
  without: string;
  /** It may come later without harm. */
  anyOrder?: true;
  /** Who makes such objects beside people and manifests: that none is in the folder is worth a note alone. */
  others?: string;
  /** Of ConfigMaps and Secrets: which of its keys count. all; those of `items`, if there are any; the one in `key`. */
  keys?: 'all' | 'items' | 'key';
}

const CONFIG_MAP = '/ConfigMap';
const SECRET = '/Secret';
const STORAGE_CLASS = 'storage.k8s.io/StorageClass';
const SERVICE = '/Service';
const BINDINGS = ['rbac.authorization.k8s.io/RoleBinding', 'rbac.authorization.k8s.io/ClusterRoleBinding'];
const HOOKS = ['Mutating', 'Validating'].map((what) => `admissionregistration.k8s.io/${what}WebhookConfiguration`);

const NO_START = 'its pods do not start';
const NO_POD = 'no pod of it is made';
const NO_VOLUME = 'its pods wait for the volume';
const REFUSED = 'the API server does not take it';
const BY_CLUSTER = 'many clusters bring it along';

const configuration = { from: 'pods', sort: 'configuration', without: NO_START } as const;
const ofPods = { from: 'pods', sort: 'needs' } as const;
const needs = { sort: 'needs' } as const;
const CONTAINERS = 'initContainers|containers[]';

export const USES: readonly UseRule[] = [
  { ...configuration, at: 'volumes[].configMap.name', to: CONFIG_MAP, keys: 'items' },
  { ...configuration, at: 'volumes[].secret.secretName', to: SECRET, keys: 'items' },
  { ...configuration, at: 'volumes[].projected.sources[].configMap.name', to: CONFIG_MAP, keys: 'items' },
  { ...configuration, at: 'volumes[].projected.sources[].secret.name', to: SECRET, keys: 'items' },
  { ...configuration, at: `${CONTAINERS}.envFrom[].configMapRef.name`, to: CONFIG_MAP, keys: 'all' },
  { ...configuration, at: `${CONTAINERS}.envFrom[].secretRef.name`, to: SECRET, keys: 'all' },
  { ...configuration, at: `${CONTAINERS}.env[].valueFrom.configMapKeyRef.name`, to: CONFIG_MAP, keys: 'key' },
  { ...configuration, at: `${CONTAINERS}.env[].valueFrom.secretKeyRef.name`, to: SECRET, keys: 'key' },

  { ...ofPods, at: 'imagePullSecrets[].name', to: SECRET, without: 'private images cannot be pulled' },
  { ...ofPods, at: 'serviceAccountName', to: '/ServiceAccount', without: NO_POD },
  { ...ofPods, at: 'priorityClassName', to: 'scheduling.k8s.io/PriorityClass', without: NO_POD },
  { ...ofPods, at: 'runtimeClassName', to: 'node.k8s.io/RuntimeClass', without: NO_POD, others: BY_CLUSTER },
  {
    ...ofPods,
    at: 'volumes[].persistentVolumeClaim.claimName',
    to: '/PersistentVolumeClaim',
    without: NO_VOLUME,
  },
  { ...ofPods, at: 'volumes[].csi.nodePublishSecretRef.name', to: SECRET, without: NO_START },
  {
    ...ofPods,
    at: 'volumes[].csi.volumeAttributes.secretProviderClass',
    to: 'secrets-store.csi.x-k8s.io/SecretProviderClass',
    without: NO_START,
  },
  { ...ofPods, at: 'volumes[].azureFile.secretName', to: SECRET, without: NO_START },
  {
    ...ofPods,
    at: 'volumes[].cephfs|flexVolume|iscsi|rbd|scaleIO|storageos.secretRef.name',
    to: SECRET,
    without: NO_START,
  },
  {
    ...ofPods,
    at: 'volumes[].ephemeral.volumeClaimTemplate.spec.storageClassName',
    to: STORAGE_CLASS,
    without: NO_VOLUME,
    others: BY_CLUSTER,
  },
  { ...ofPods, at: 'resourceClaims[].resourceClaimName', to: 'resource.k8s.io/ResourceClaim', without: NO_START },
  {
    ...ofPods,
    at: 'resourceClaims[].resourceClaimTemplateName',
    to: 'resource.k8s.io/ResourceClaimTemplate',
    without: NO_START,
  },
  {
    ...needs,
    from: 'apps/StatefulSet',
    at: 'spec.volumeClaimTemplates[].spec.storageClassName',
    to: STORAGE_CLASS,
    without: NO_VOLUME,
    others: BY_CLUSTER,
  },
  {
    ...needs,
    from: 'apps/StatefulSet',
    at: 'spec.serviceName',
    to: SERVICE,
    without: 'its pods have no names in DNS',
    anyOrder: true,
  },

  { ...needs, from: '*', at: 'metadata.namespace', to: '/Namespace', without: REFUSED },
  {
    ...needs,
    from: '/PersistentVolumeClaim',
    at: 'spec.storageClassName',
    to: STORAGE_CLASS,
    without: 'no volume is made for it',
    others: BY_CLUSTER,
  },
  {
    ...needs,
    from: '/PersistentVolumeClaim',
    at: 'spec.volumeName',
    to: '/PersistentVolume',
    without: 'it waits for the volume',
    anyOrder: true,
  },
  {
    ...needs,
    from: '/PersistentVolume',
    at: 'spec.csi.nodePublishSecretRef|nodeStageSecretRef|nodeExpandSecretRef|controllerPublishSecretRef|controllerExpandSecretRef.name',
    to: SECRET,
    without: 'it cannot be mounted',
  },
  {
    ...needs,
    from: '/ServiceAccount',
    at: 'imagePullSecrets[].name',
    to: SECRET,
    without: 'private images cannot be pulled with it',
  },
  { ...needs, from: '/ServiceAccount', at: 'secrets[].name', to: SECRET, without: 'nobody gets it', anyOrder: true },
  {
    ...needs,
    from: SECRET,
    at: 'metadata.annotations[kubernetes.io/service-account.name]',
    to: '/ServiceAccount',
    without: 'Kubernetes deletes it',
  },
  { ...needs, from: BINDINGS, at: 'roleRef.name', to: 'said', without: 'it gives no rights' },
  {
    ...needs,
    from: BINDINGS,
    at: 'subjects[].name',
    to: 'said',
    without: 'nobody gets its rights',
    anyOrder: true,
  },
  {
    ...needs,
    from: 'networking.k8s.io/Ingress',
    at: 'spec.ingressClassName',
    to: 'networking.k8s.io/IngressClass',
    without: 'nobody serves it',
    anyOrder: true,
    others: BY_CLUSTER,
  },
  {
    ...needs,
    from: 'networking.k8s.io/Ingress',
    at: 'spec.tls[].secretName',
    to: SECRET,
    without: 'visitors get another certificate',
    anyOrder: true,
    others: 'a controller of certificates makes it in many clusters',
  },
  ...['spec.defaultBackend.service.name', 'spec.rules[].http.paths[].backend.service.name'].map((at) => ({
    ...needs,
    from: 'networking.k8s.io/Ingress',
    at,
    to: SERVICE,
    without: 'visitors get an error',
    anyOrder: true as const,
  })),
  {
    ...needs,
    from: 'autoscaling/HorizontalPodAutoscaler',
    at: 'spec.scaleTargetRef.name',
    to: 'said',
    without: 'it scales nothing',
    anyOrder: true,
  },
  {
    ...needs,
    from: HOOKS,
    at: 'webhooks[].clientConfig.service.name',
    to: SERVICE,
    without: 'what it is to judge is refused',
    anyOrder: true,
  },
  {
    ...needs,
    from: 'apiregistration.k8s.io/APIService',
    at: 'spec.service.name',
    to: SERVICE,
    without: 'its API is away',
    anyOrder: true,
  },

  { from: SERVICE, at: 'spec.selector', to: 'pods', sort: 'selects', without: 'it leads nowhere' },
  {
    from: 'policy/PodDisruptionBudget',
    at: 'spec.selector',
    to: 'pods',
    sort: 'selects',
    without: 'it protects nothing',
  },
  {
    from: 'networking.k8s.io/NetworkPolicy',
    at: 'spec.podSelector',
    to: 'pods',
    sort: 'selects',
    without: 'it governs nothing',
  },
];
