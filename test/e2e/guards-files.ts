import { crd } from './samples.ts';

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
export const CRD = crd('guards.example', 'Thing');
