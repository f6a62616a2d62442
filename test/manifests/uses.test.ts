import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idOf } from '../../src/domain/identity.ts';
import { referencesOf } from '../../src/manifests/references.ts';
import { USES } from '../../src/manifests/uses.ts';
import { workload } from '../plan/fixtures.ts';
import { manifestsOf, objectOf } from './sets.ts';

/** What the only object of a folder uses: `field -> id`, without its Namespace. */
function usesOf(text: string): string[] {
  const [one] = manifestsOf({ '1-a/10-a.yml': text });
  assert.ok(one);
  const named = referencesOf(one).filter(({ field }) => field !== 'metadata.namespace');
  return named.map(({ to, field, optional }) => `${field} -> ${idOf(to)}${optional ? ' (optional)' : ''}`);
}

const POD = 'spec.template.spec';
const ofPod = (pod: object) => workload('web', { pod: { ...pod } });
const container = (fields: object) => ofPod({ containers: [{ name: 'main', ...fields }] });
const volume = (source: object) =>
  ofPod({
    volumes: [
      { name: 'a', emptyDir: {} },
      { name: 'v', ...source },
    ],
  });
const V1 = `${POD}.volumes[1]`;
const RBAC = 'rbac.authorization.k8s.io';
const NET = 'networking.k8s.io/v1';
const claims = { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { storageClassName: 'fast' } }] };

/** One row for each entry of the table, in its order; of what selects there is a table of its own. */
const rows: [name: string, text: string, uses: string[]][] = [
  ['a volume of a ConfigMap', volume({ configMap: { name: 'c' } }), [`${V1}.configMap.name -> /ConfigMap/shop/c`]],
  [
    'a volume of a Secret that may be away',
    volume({ secret: { secretName: 's', optional: true } }),
    [`${V1}.secret.secretName -> /Secret/shop/s (optional)`],
  ],
  [
    'a projected ConfigMap',
    volume({ projected: { sources: [{ configMap: { name: 'c' } }] } }),
    [`${V1}.projected.sources[0].configMap.name -> /ConfigMap/shop/c`],
  ],
  [
    'a projected Secret',
    volume({ projected: { sources: [{}, { secret: { name: 's' } }] } }),
    [`${V1}.projected.sources[1].secret.name -> /Secret/shop/s`],
  ],
  [
    'envFrom a ConfigMap',
    container({ envFrom: [{ configMapRef: { name: 'c' } }] }),
    [`${POD}.containers[0].envFrom[0].configMapRef.name -> /ConfigMap/shop/c`],
  ],
  [
    'envFrom a Secret, of an init container',
    ofPod({ initContainers: [{ envFrom: [{ secretRef: { name: 's' } }] }] }),
    [`${POD}.initContainers[0].envFrom[0].secretRef.name -> /Secret/shop/s`],
  ],
  [
    'env of a ConfigMap',
    container({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'a', optional: true } } }] }),
    [`${POD}.containers[0].env[0].valueFrom.configMapKeyRef.name -> /ConfigMap/shop/c (optional)`],
  ],
  [
    'env of a Secret',
    container({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'a' } } }] }),
    [`${POD}.containers[0].env[0].valueFrom.secretKeyRef.name -> /Secret/shop/s`],
  ],
  [
    'imagePullSecrets',
    ofPod({ imagePullSecrets: [{ name: 's' }] }),
    [`${POD}.imagePullSecrets[0].name -> /Secret/shop/s`],
  ],
  ['a service account', ofPod({ serviceAccountName: 'a' }), [`${POD}.serviceAccountName -> /ServiceAccount/shop/a`]],
  ['a priority', ofPod({ priorityClassName: 'p' }), [`${POD}.priorityClassName -> scheduling.k8s.io/PriorityClass//p`]],
  ['a runtime', ofPod({ runtimeClassName: 'r' }), [`${POD}.runtimeClassName -> node.k8s.io/RuntimeClass//r`]],
  [
    'a claim',
    volume({ persistentVolumeClaim: { claimName: 'd' } }),
    [`${V1}.persistentVolumeClaim.claimName -> /PersistentVolumeClaim/shop/d`],
  ],
  [
    'a Secret of a CSI driver',
    volume({ csi: { driver: 'x', nodePublishSecretRef: { name: 's' } } }),
    [`${V1}.csi.nodePublishSecretRef.name -> /Secret/shop/s`],
  ],
  [
    'a provider of CSI secrets',
    volume({ csi: { driver: 'secrets-store.csi.k8s.io', volumeAttributes: { secretProviderClass: 'vault' } } }),
    [`${V1}.csi.volumeAttributes.secretProviderClass -> secrets-store.csi.x-k8s.io/SecretProviderClass/shop/vault`],
  ],
  ['Azure files', volume({ azureFile: { secretName: 's' } }), [`${V1}.azureFile.secretName -> /Secret/shop/s`]],
  [
    'a Ceph volume',
    volume({ cephfs: { secretRef: { name: 's' } } }),
    [`${V1}.cephfs.secretRef.name -> /Secret/shop/s`],
  ],
  [
    'a claim that lives with the pod',
    volume({ ephemeral: { volumeClaimTemplate: { spec: { storageClassName: 'fast' } } } }),
    [`${V1}.ephemeral.volumeClaimTemplate.spec.storageClassName -> storage.k8s.io/StorageClass//fast`],
  ],
  [
    'a device',
    ofPod({ resourceClaims: [{ name: 'gpu', resourceClaimName: 'g' }] }),
    [`${POD}.resourceClaims[0].resourceClaimName -> resource.k8s.io/ResourceClaim/shop/g`],
  ],
  [
    'a device by template',
    ofPod({ resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 't' }] }),
    [`${POD}.resourceClaims[0].resourceClaimTemplateName -> resource.k8s.io/ResourceClaimTemplate/shop/t`],
  ],
  [
    'claims of a StatefulSet',
    workload('db', { kind: 'StatefulSet', spec: claims }),
    ['spec.volumeClaimTemplates[0].spec.storageClassName -> storage.k8s.io/StorageClass//fast'],
  ],
  [
    'the Service of a StatefulSet',
    workload('db', { kind: 'StatefulSet', spec: { serviceName: 'db' } }),
    ['spec.serviceName -> /Service/shop/db'],
  ],
  ['a Namespace', objectOf('v1', 'ConfigMap', 'c'), []],
  [
    'the class of a claim',
    objectOf('v1', 'PersistentVolumeClaim', 'd', { spec: { storageClassName: 'fast' } }),
    ['spec.storageClassName -> storage.k8s.io/StorageClass//fast'],
  ],
  [
    'the volume of a claim',
    objectOf('v1', 'PersistentVolumeClaim', 'd', { spec: { storageClassName: '', volumeName: 'v' } }),
    ['spec.volumeName -> /PersistentVolume//v'],
  ],
  [
    'the Secret of a volume, in a namespace of its own',
    objectOf('v1', 'PersistentVolume', 'v', {
      spec: { csi: { nodeStageSecretRef: { name: 's', namespace: 'disks' } } },
    }),
    ['spec.csi.nodeStageSecretRef.name -> /Secret/disks/s'],
  ],
  [
    'pull Secrets of an account',
    objectOf('v1', 'ServiceAccount', 'a', { imagePullSecrets: [{ name: 's' }] }),
    ['imagePullSecrets[0].name -> /Secret/shop/s'],
  ],
  [
    'Secrets of an account',
    objectOf('v1', 'ServiceAccount', 'a', { secrets: [{ name: 's' }] }),
    ['secrets[0].name -> /Secret/shop/s'],
  ],
  [
    'the account of a token',
    objectOf('v1', 'Secret', 's', {}, { annotations: { 'kubernetes.io/service-account.name': 'a' } }),
    ['metadata.annotations[kubernetes.io/service-account.name] -> /ServiceAccount/shop/a'],
  ],
  [
    'the role of a binding',
    objectOf(`${RBAC}/v1`, 'RoleBinding', 'b', { roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'r' } }),
    [`roleRef.name -> ${RBAC}/ClusterRole//r`],
  ],
  [
    'the subjects of a binding; users and groups are no objects',
    objectOf(`${RBAC}/v1`, 'ClusterRoleBinding', 'b', {
      subjects: [
        { kind: 'ServiceAccount', name: 'a', namespace: 'there' },
        { kind: 'User', name: 'jane', apiGroup: RBAC },
      ],
    }),
    ['subjects[0].name -> /ServiceAccount/there/a'],
  ],
  [
    'the class of an Ingress',
    objectOf(NET, 'Ingress', 'i', { spec: { ingressClassName: 'web' } }),
    ['spec.ingressClassName -> networking.k8s.io/IngressClass//web'],
  ],
  [
    'the certificate of an Ingress',
    objectOf(NET, 'Ingress', 'i', { spec: { tls: [{ secretName: 's' }] } }),
    ['spec.tls[0].secretName -> /Secret/shop/s'],
  ],
  [
    'the backend of an Ingress',
    objectOf(NET, 'Ingress', 'i', { spec: { defaultBackend: { service: { name: 'web' } } } }),
    ['spec.defaultBackend.service.name -> /Service/shop/web'],
  ],
  [
    'the backends of its paths',
    objectOf(NET, 'Ingress', 'i', {
      spec: { rules: [{ http: { paths: [{ backend: { service: { name: 'web' } } }] } }] },
    }),
    ['spec.rules[0].http.paths[0].backend.service.name -> /Service/shop/web'],
  ],
  [
    'what an autoscaler scales',
    objectOf('autoscaling/v2', 'HorizontalPodAutoscaler', 'h', {
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
    }),
    ['spec.scaleTargetRef.name -> apps/Deployment/shop/web'],
  ],
  [
    'the Service of a webhook',
    objectOf('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'w', {
      webhooks: [{ clientConfig: { service: { name: 'judge', namespace: 'court' } } }],
    }),
    ['webhooks[0].clientConfig.service.name -> /Service/court/judge'],
  ],
  [
    'the Service of an API',
    objectOf('apiregistration.k8s.io/v1', 'APIService', 'v1.x', { spec: { service: { name: 'x', namespace: 'y' } } }),
    ['spec.service.name -> /Service/y/x'],
  ],
];

describe('D17 each entry of the table finds its references', () => {
  for (const [name, text, uses] of rows) it(name, () => assert.deepEqual(usesOf(text), uses));

  it('and each has a row here', () => {
    const named = USES.filter(({ sort }) => sort !== 'selects');
    assert.equal(rows.length, named.length);
    for (const [at, rule] of named.entries()) {
      if (rule.at === 'metadata.namespace') continue;
      const end = rule.at.split('.').at(-1)?.replace(/\[\]$/, '') ?? '';
      assert.ok(rows[at]?.[2][0]?.includes(end), `${rule.at} is not shown by the row of its place`);
    }
  });

  it('in the pods of a Pod and of a CronJob', () => {
    const pod = { priorityClassName: 'p' };
    const used = 'scheduling.k8s.io/PriorityClass//p';
    assert.deepEqual(usesOf(workload('w', { kind: 'Pod', pod })), [`spec.priorityClassName -> ${used}`]);
    const inCronJob = `spec.jobTemplate.spec.template.spec.priorityClassName -> ${used}`;
    assert.deepEqual(usesOf(workload('w', { kind: 'CronJob', pod })), [inCronJob]);
  });

  it('and nothing where the fields hold anything else', () => {
    const odd = { volumes: 'none', containers: [null, { env: {}, envFrom: [1] }], imagePullSecrets: [{ name: 1 }] };
    assert.deepEqual(usesOf(ofPod(odd)), []);
  });
});
