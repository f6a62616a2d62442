/** The kinds that tests look at often: what they are called in paths, by the word that a test names one with. */
const NAMESPACED: Record<string, readonly string[]> = {
  '/api/v1': ['configmap', 'secret', 'service', 'pod', 'serviceaccount', 'persistentvolumeclaim'],
  '/apis/apps/v1': ['deployment', 'statefulset', 'daemonset', 'replicaset'],
  '/apis/batch/v1': ['job', 'cronjob'],
  '/apis/rbac.authorization.k8s.io/v1': ['role', 'rolebinding'],
  '/apis/networking.k8s.io/v1': ['ingress'],
};
const CLUSTER_SCOPED: Record<string, readonly string[]> = {
  '/api/v1': ['namespace', 'persistentvolume'],
  '/apis/apiextensions.k8s.io/v1': ['customresourcedefinition'],
  '/apis/networking.k8s.io/v1': ['ingressclass'],
  '/apis/rbac.authorization.k8s.io/v1': ['clusterrole', 'clusterrolebinding'],
  '/apis/scheduling.k8s.io/v1': ['priorityclass'],
  '/apis/storage.k8s.io/v1': ['storageclass'],
};
const SHORT: Record<string, string> = { pvc: 'persistentvolumeclaim', crd: 'customresourcedefinition' };

/** The API path of a kind's objects; undefined of other kinds, and of one that is in namespaces when none is given. */
export function servedAt(word: string, namespace: string | undefined): string | undefined {
  const kind = SHORT[word] ?? word;
  const plural = kind.endsWith('s') ? `${kind}es` : `${kind}s`;
  const rootIn = (served: Record<string, readonly string[]>) =>
    Object.keys(served).find((root) => served[root]?.includes(kind));
  const root = rootIn(CLUSTER_SCOPED);
  if (root !== undefined) return `${root}/${plural}`;
  const within = rootIn(NAMESPACED);
  return within && namespace && `${within}/namespaces/${namespace}/${plural}`;
}
