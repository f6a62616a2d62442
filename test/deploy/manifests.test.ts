import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ResourceKind } from '../../src/domain/object.ts';
import { readManifests } from '../../src/manifests/read.ts';
import { deployFolder, objectIn, objectsOfGroup, syncedFiles, type Fields } from './files.ts';

const kind = (group: string, version: string, name: string, plural: string, namespaced: boolean): ResourceKind => ({
  ...{ group, version, plural, namespaced },
  kind: name,
});
const rbac = 'rbac.authorization.k8s.io';
const kinds = [
  kind('', 'v1', 'ServiceAccount', 'serviceaccounts', true),
  kind('apps', 'v1', 'Deployment', 'deployments', true),
  kind(rbac, 'v1', 'ClusterRole', 'clusterroles', false),
  kind(rbac, 'v1', 'ClusterRoleBinding', 'clusterrolebindings', false),
  kind(rbac, 'v1', 'Role', 'roles', true),
  kind(rbac, 'v1', 'RoleBinding', 'rolebindings', true),
];

test('Ordo reads its own group without a complaint: accounts, rights, and the Deployment last', () => {
  const { manifests, problems } = readManifests(syncedFiles(), { folder: 'deploy', namespace: 'admin', kinds });
  assert.deepEqual(problems, []);
  assert.deepEqual(
    manifests.map(({ id, order }) => [order[1], id]),
    [
      [10, '/ServiceAccount/admin/ordo'],
      [20, '/ServiceAccount/admin/ordo-runner'],
      [30, `${rbac}/ClusterRole//ordo`],
      [40, `${rbac}/ClusterRoleBinding//ordo`],
      [50, `${rbac}/Role/admin/ordo`],
      [60, `${rbac}/RoleBinding/admin/ordo`],
      [70, `${rbac}/ClusterRoleBinding//ordo-runner`],
      [170, 'apps/Deployment/admin/ordo'],
    ],
  );
});

test('in the watched folder there are numbered groups only; namespace and settings stand outside', () => {
  assert.deepEqual(readdirSync(join(deployFolder, 'deploy')), ['1-ordo']);
  assert.deepEqual(readdirSync(deployFolder).sort(), ['bootstrap', 'deploy', 'deploy.sh', 'examples']);
  const namespace = objectIn('bootstrap/namespace.yml');
  assert.deepEqual([namespace['kind'], namespace['metadata'].name], ['Namespace', 'admin']);
  for (const mode of ['enforce', 'audit', 'warn']) {
    assert.equal(namespace['metadata'].labels[`pod-security.kubernetes.io/${mode}`], 'restricted');
  }
});

const named = (wanted: string, name: string): Fields => {
  const found = objectsOfGroup().find((object) => object['kind'] === wanted && object['metadata'].name === name);
  assert.ok(found, `${wanted} ${name}`);
  return found;
};
const rulesOf = (role: Fields): string[] =>
  role['rules'].map(
    (rule: Fields) => `${rule['verbs'].join()} on ${rule['resources'].join()} of ${rule['apiGroups'].join()}`,
  );

test('the controller reads everything and writes what is its own; nothing but the runner has every right', () => {
  assert.deepEqual(rulesOf(named('ClusterRole', 'ordo')), [
    'list,watch on * of *',
    'create on subjectaccessreviews of authorization.k8s.io',
  ]);
  assert.deepEqual(rulesOf(named('Role', 'ordo')), [
    'get,list,watch,create,update,patch,delete on configmaps,secrets of ',
    'get,list,watch,create,update,patch,delete on jobs of batch',
    'get,list,watch on pods of ',
    'create,patch on events of ,events.k8s.io',
  ]);
  const bindings = objectsOfGroup().filter((object) => object['kind'].endsWith('RoleBinding'));
  assert.deepEqual(
    bindings.map(({ kind: binding, roleRef, subjects }) => [binding, roleRef.kind, roleRef.name, subjects]),
    [
      ['ClusterRoleBinding', 'ClusterRole', 'ordo', [{ kind: 'ServiceAccount', name: 'ordo', namespace: 'admin' }]],
      ['RoleBinding', 'Role', 'ordo', [{ kind: 'ServiceAccount', name: 'ordo', namespace: 'admin' }]],
      [
        ...['ClusterRoleBinding', 'ClusterRole', 'cluster-admin'],
        [{ kind: 'ServiceAccount', name: 'ordo-runner', namespace: 'admin' }],
      ],
    ],
  );
  const verbs = objectsOfGroup().flatMap((object) => (object['rules'] ?? []).flatMap((rule: Fields) => rule['verbs']));
  assert.ok(!verbs.includes('*'));
});

test('the pod keeps to the restricted profile, and to what Ordo promises beyond it', () => {
  const { metadata, spec } = named('Deployment', 'ordo');
  const pod = spec.template.spec;
  const [container, ...more] = pod.containers;
  // https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
  const table: [unknown, unknown][] = [
    [more, []],
    [pod.initContainers, undefined],
    [
      [pod.hostNetwork, pod.hostPID, pod.hostIPC],
      [undefined, undefined, undefined],
    ],
    [container.ports, [{ name: 'http', containerPort: 8080 }]],
    [pod.securityContext.runAsNonRoot, true],
    [
      [pod.securityContext.runAsUser, pod.securityContext.runAsGroup, pod.securityContext.fsGroup],
      [1000, 1000, 1000],
    ],
    [pod.securityContext.seccompProfile, { type: 'RuntimeDefault' }],
    [
      container.securityContext,
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    ],
    [pod.volumes.map((volume: Fields) => Object.keys(volume)[1]), ['secret', 'emptyDir', 'emptyDir']],
    [pod.enableServiceLinks, false],
    [[metadata.labels, spec.selector.matchLabels, spec.template.metadata.labels], Array(3).fill({ app: 'ordo' })],
    [
      [spec.replicas, spec.strategy],
      [1, { type: 'Recreate' }],
    ],
    [
      [pod.serviceAccountName, container.image, container.args],
      ['ordo', 'image_url_var', ['run']],
    ],
    [
      [container.command, container.imagePullPolicy],
      [undefined, undefined],
    ],
    // Octal in kubectl's YAML: owner and group may read.
    [pod.volumes[0].secret, { secretName: 'variables-for-pipelineinitialisation', defaultMode: 0o440 }],
    [container.resources, { requests: { cpu: '25m', memory: '64Mi' }, limits: { memory: '152Mi' } }],
  ];
  for (const [found, expected] of table) assert.deepEqual(found, expected);
});

test('the CronJob of the examples is the same pod as the Deployment, but for what a run that ends has no use for', () => {
  const example = objectIn('examples/cronjob.yml');
  const { metadata, spec } = named('Deployment', 'ordo');
  const { spec: run, metadata: podMetadata } = example['spec'].jobTemplate.spec.template;
  assert.deepEqual([example['kind'], example['metadata'].name], ['CronJob', metadata.name]);
  assert.deepEqual(example['metadata'].labels, metadata.labels);
  assert.deepEqual(podMetadata, spec.template.metadata);
  const { containers, ...pod } = spec.template.spec;
  const { ports: _, startupProbe: __, readinessProbe: ___, livenessProbe: ____, ...container } = containers[0];
  assert.deepEqual(run, {
    ...pod,
    restartPolicy: 'Never',
    containers: [{ ...container, args: ['run', '--once'] }],
  });
  assert.equal(example['spec'].concurrencyPolicy, 'Forbid');
  assert.equal(example['metadata'].annotations['ordo.dev/update'], 'rolling');
});
