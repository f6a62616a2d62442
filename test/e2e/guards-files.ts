/** What is deleted only when somebody allows it. */

export const DISK = {
  'deploy/60-disk/10-class.yml': `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: kept }
provisioner: kubernetes.io/no-provisioner
`,
  'deploy/60-disk/20-volume.yml': `
apiVersion: v1
kind: PersistentVolume
metadata: { name: kept }
spec:
  storageClassName: kept
  accessModes: [ReadWriteOnce]
  capacity: { storage: 1Mi }
  hostPath: { path: /tmp }
`,
};

export const THINGS = 'CustomResourceDefinition/things.guards.example';
export const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.guards.example }
spec:
  group: guards.example
  scope: Namespaced
  names: { kind: Thing, plural: things }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
`;
