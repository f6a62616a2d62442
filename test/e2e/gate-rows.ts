import type { World } from './world.ts';
import {
  claim,
  configMap,
  cronJob,
  daemonSet,
  deployment,
  job,
  namespace,
  pod,
  replicaSet,
  statefulSet,
  untilReady,
  type WorkloadOptions,
} from './samples.ts';

/** The rows of the gate table as manifests, each row in a group of its own. What is asked for its readiness has the row's name. */

type Texts = Record<string, string>;

export const IN = 'gates';
export const SLOW_IMAGE = 'acme/slow';

/** Rows whose group ends when the test says so. */
export const STEERED = ['deployment', 'daemonset', 'statefulset', 'replicaset', 'pod', 'finished', 'ttl', 'slow'];

/** A group begins with a ConfigMap of its own: written, it says that the group before it is over. */
function group(number: number, name: string, texts: Texts, begin = name): Texts {
  const folder = `deploy/${number}-${name}`;
  const rest = Object.entries(texts).map(([file, text]) => [`${folder}/${file}.yml`, text]);
  return { [`${folder}/10-begin.yml`]: configMap(begin, IN, {}), ...Object.fromEntries(rest) };
}

const own = (name: string, more: Partial<WorkloadOptions> = {}): WorkloadOptions => ({
  name,
  namespace: IN,
  app: 'app',
  ...more,
});
const asked = (name: string): WorkloadOptions => own(name, { probe: name });

/** One rollout through all rows that need nothing to be there before. */
export function firstRows(world: World): Texts {
  const ends = (name: string, more: Partial<WorkloadOptions> = {}): WorkloadOptions =>
    own(name, { container: untilReady(world, name), ...more });
  const finished = pod(world, ends('finished', { probe: 'never' })).replace(
    '\nspec:',
    '\nspec:\n  restartPolicy: Never',
  );
  const insists = job(world, ends('insists', { annotations: { 'ordo.dev/wait': 'complete' } }));
  return {
    'deploy/20-leaving/10-leavingnamespace.yml': namespace('leaving'),
    'deploy/20-leaving/20-insideconfigmap.yml': configMap('inside', 'leaving', {}),
    ...group(21, 'one-group', { '20-crd': definition('Widget'), '30-widget': custom('Widget') }),
    ...group(22, 'two-groups', { '20-crd': definition('Gadget') }),
    ...group(23, 'its-resource', { '20-gadget': custom('Gadget') }),
    ...group(30, 'deployment', { '20-it': inSpec(deployment(world, asked('deployment')), 'minReadySeconds: 2') }),
    ...group(31, 'daemonset', { '20-it': daemonSet(world, asked('daemonset')) }),
    ...group(32, 'statefulset', { '20-it': statefulSet(world, asked('statefulset')) }),
    ...group(33, 'replicaset', { '20-it': replicaSet(world, asked('replicaset')) }),
    ...group(34, 'pod', { '20-it': pod(world, asked('pod')) }),
    ...group(35, 'finished', { '20-it': finished }),
    ...group(40, 'passed', {
      '20-zero': deployment(world, own('zero', { replicas: 0 })),
      '21-zerostatefulset': statefulSet(world, own('zero', { replicas: 0 })),
      '22-paused': inSpec(deployment(world, own('paused')), 'paused: true'),
      '23-suspended': inSpec(job(world, own('suspended')), 'suspend: true'),
      '24-cronjob': cronJob(world, own('cronjob')),
      '25-claim': claim('claim', IN).replace('\nspec:', '\nspec:\n  storageClassName: first-consumer'),
      '26-never': deployment(world, own('never', { probe: 'never', annotations: { 'ordo.dev/wait': 'none' } })),
      '27-nowhere': daemonSet(world, own('nowhere', { pod: 'nodeSelector: { none: here }' })),
    }),
    ...group(50, 'ttl', {
      '20-it': inSpec(job(world, ends('ttl')), 'ttlSecondsAfterFinished: 0'),
      '30-after': configMap('ttl-after', IN, {}),
    }),
    // The same number: they run side by side.
    ...group(60, 'slow', {
      '20-slow': job(world, ends('slow', { image: `ghcr.io/${SLOW_IMAGE}:main` })),
      '20-insists': insists,
      '30-after': configMap('slow-after', IN, {}),
    }),
    ...group(99, 'end', {}),
  };
}

/** What the rows are about that need an older version to be there. */
export function secondRows(world: World, version: 'old' | 'new'): Texts {
  const rolls = (name: string, more: Partial<WorkloadOptions> = {}): WorkloadOptions =>
    own(name, { probe: `${name}-${version}`, annotations: { 'ordo.dev/update': 'rolling' }, ...more });
  const onDelete = 'updateStrategy: { type: OnDelete }';
  const one = 'strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }';
  const partition = 'podManagementPolicy: Parallel\n  updateStrategy: { rollingUpdate: { partition: 1 } }';
  const files: [number, string, Texts][] = [
    [70, 'roll', { '20-it': inSpec(deployment(world, rolls('roll')), one) }],
    [71, 'partition', { '20-it': inSpec(statefulSet(world, rolls('partition', { replicas: 2 })), partition) }],
    [
      72,
      'ondelete',
      {
        '20-it': inSpec(statefulSet(world, rolls('ondelete')), onDelete),
        '30-after': inSpec(daemonSet(world, rolls('ondelete')), onDelete).replaceAll('instance: ', 'daemon: '),
      },
    ],
    [73, 'last', {}],
  ];
  const groups = files.map(([number, name, texts]) => group(number, name, texts, `${version}-${name}`));
  return Object.assign({}, ...groups) as Texts;
}

/** Its claims stay Pending until a pod uses them. */
export const FIRST_CONSUMER = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: first-consumer }
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
`;

const inSpec = (text: string, lines: string): string => text.replace('\nspec:', `\nspec:\n  ${lines}`);

const definition = (kind: string): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${kind.toLowerCase()}s.gates.example }
spec:
  group: gates.example
  scope: Namespaced
  names: { kind: ${kind}, plural: ${kind.toLowerCase()}s }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
`;

const custom = (kind: string): string => `
apiVersion: gates.example/v1
kind: ${kind}
metadata: { name: one, namespace: ${IN} }
size: 1
`;
