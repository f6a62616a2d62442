import { createHmac } from 'node:crypto';
import type { SourceFile } from '../../src/domain/files.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import { known, type Known } from '../../src/domain/known.ts';
import { pathOf, type ResourceKind } from '../../src/domain/object.ts';
import type { Outcome, StepOutcome } from '../../src/domain/outcome.ts';
import { isActive, type Plan } from '../../src/domain/plan.ts';
import type { LiveObject } from '../../src/domain/stamps.ts';
import { readManifests, type Problem } from '../../src/manifests/read.ts';
import { render, type RenderContext } from '../../src/manifests/render.ts';
import type { PlanInput } from '../../src/plan/input.ts';
import { makePlan } from '../../src/plan/plan.ts';

/** Files by their path below `deploy`. */
export type Files = Record<string, string>;

export const COMMIT = 'c0ffee0000000000000000000000000000000000';
export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const OTHER_DIGEST = `sha256:${'b'.repeat(64)}`;

/** What the cluster serves in these tests. */
export const KINDS: readonly ResourceKind[] = [
  kind('', 'v1', 'Namespace', 'namespaces', false),
  kind('', 'v1', 'PersistentVolume', 'persistentvolumes', false),
  kind('', 'v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  kind('', 'v1', 'ConfigMap', 'configmaps'),
  kind('', 'v1', 'Secret', 'secrets'),
  kind('', 'v1', 'Service', 'services'),
  kind('', 'v1', 'ServiceAccount', 'serviceaccounts'),
  kind('', 'v1', 'Pod', 'pods'),
  kind('apps', 'v1', 'Deployment', 'deployments'),
  kind('apps', 'v1', 'DaemonSet', 'daemonsets'),
  kind('apps', 'v1', 'ReplicaSet', 'replicasets'),
  kind('apps', 'v1', 'StatefulSet', 'statefulsets'),
  kind('batch', 'v1', 'Job', 'jobs'),
  kind('batch', 'v1', 'CronJob', 'cronjobs'),
  kind('networking.k8s.io', 'v1', 'Ingress', 'ingresses'),
  kind('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', false),
  kind('rbac.authorization.k8s.io', 'v1', 'ClusterRoleBinding', 'clusterrolebindings', false),
  kind('rbac.authorization.k8s.io', 'v1', 'Role', 'roles'),
  kind('rbac.authorization.k8s.io', 'v1', 'RoleBinding', 'rolebindings'),
  kind('scheduling.k8s.io', 'v1', 'PriorityClass', 'priorityclasses', false),
  kind('storage.k8s.io', 'v1', 'StorageClass', 'storageclasses', false),
  kind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'customresourcedefinitions', false),
];

function kind(group: string, version: string, name: string, plural: string, namespaced = true): ResourceKind {
  return { group, version, kind: name, plural, namespaced };
}

export const CONTEXT: RenderContext = {
  naming: { registry: 'ghcr.io', account: 'acme', prefix: 'shop', tag: 'main' },
  digestOf: () => known(DIGEST),
  credential: { token: 'pull-token', user: 'acme', registry: 'ghcr.io' },
  hasher: hasherOf('key-1'),
};

export function hasherOf(key: string): (text: string) => string {
  return (text) => createHmac('sha256', key).update(text).digest('hex').slice(0, 32);
}

export function sourceFiles(files: Files): SourceFile[] {
  return Object.entries(files).map(([path, text]) => ({
    path: `deploy/${path}`,
    kind: 'file',
    bytes: new TextEncoder().encode(text),
  }));
}

export function read(files: Files) {
  return readManifests(sourceFiles(files), { folder: 'deploy', namespace: 'admin', kinds: KINDS });
}

export const EMPTY: Inventory = { version: 1, rollout: 0, commit: '', key: 'key-1', objects: [] };

/** What a test may say about the world outside; the rest is as usual. */
export interface Surroundings {
  inventory?: Inventory;
  /** Objects that are not in the cluster, or not as Ordo left them, by id. */
  live?: Record<string, Known<LiveObject | undefined>>;
  digestOf?: (image: string) => Known<string>;
  key?: string;
  update?: 'recreate' | 'rolling';
  maxDeletes?: number;
  /** What else a plan is made from. */
  more?: Pick<PlanInput, 'closed' | 'contents' | 'noRoom' | 'drift' | 'now'>;
  token?: string | undefined;
}

export interface Planned {
  plan: Plan;
  problems: readonly Problem[];
  input: PlanInput;
  /** What rendering had to tell people. */
  notes: string[];
}

/** From files to a plan, as the controller does it. An object of the inventory is in the cluster, with the uid `uid of ID`, unless `live` says otherwise. */
export function planFor(files: Files, around: Surroundings = {}): Planned {
  const { inventory = EMPTY, live = {}, key = 'key-1' } = around;
  const { manifests, problems } = read(files);
  const credential = 'token' in around ? { ...CONTEXT.credential, token: around.token } : CONTEXT.credential;
  const digestOf = around.digestOf ?? CONTEXT.digestOf;
  const { desired, held } = render(manifests, { ...CONTEXT, credential, digestOf, hasher: hasherOf(key) });
  const input: PlanInput = {
    rollout: inventory.rollout + 1,
    target: 'main',
    commit: COMMIT,
    folder: 'deploy',
    namespace: 'admin',
    desired,
    held,
    problems,
    inventory,
    keyId: key,
    live: (id) => live[id] ?? known(stamped(`uid of ${id}`)),
    pathOf: (object) => {
      const found = KINDS.find((one) => one.group === object.group && one.kind === object.kind);
      return found && pathOf(found, object.namespace, object.name);
    },
    update: around.update ?? 'recreate',
    readyTimeout: 300,
    maxDeletes: around.maxDeletes ?? 1000,
    ...around.more,
  };
  const notes = desired.flatMap((one) => one.notes.map((note) => `${one.source}: ${note}`));
  return { plan: makePlan(input), problems, input, notes };
}

/** An object that Ordo applied and that still stands. */
export const stamped = (uid: string): LiveObject => ({
  uid,
  deleting: false,
  stamp: { rollout: 1, hash: 'any', source: 'any' },
});

/** An outcome in which every active step ended as `end` says; `done` where it says nothing. */
export function outcomeOf(plan: Plan, end: (index: number) => StepOutcome | undefined = () => undefined): Outcome {
  const steps = plan.steps.flatMap((step, index) =>
    isActive(step) ? [[String(index), end(index) ?? { state: 'done' as const }] as const] : [],
  );
  const state = steps.every(([, { state: one }]) => one === 'done') ? 'done' : 'failed';
  return { version: 1, rollout: plan.rollout, state, steps: Object.fromEntries(steps) };
}

/** A step in one word: `recreate Deployment/shop/web`. */
export const brief = ({ steps }: Plan): string[] =>
  steps.map(({ kind: verb, entry }) => {
    const place = entry.namespace === '' ? '' : `${entry.namespace}/`;
    return `${verb} ${entry.kind}/${place}${entry.name}`;
  });

// Manifests -----------------------------------------------------------------------------------------------------------

export const namespace = (name: string): string => `apiVersion: v1
kind: Namespace
metadata: { name: ${name} }
`;

export const configMap = (name: string, data: Record<string, string>, place = 'shop'): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: place }, data });

export const secret = (name: string, data: Record<string, string>, place = 'shop'): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: place }, data });

export const service = (name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { selector: { app: name }, ports: [{ port: 80 }] },
  });

export const claim = (name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'shop' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });

export interface WorkloadOptions {
  kind?: string;
  namespace?: string;
  image?: string;
  replicas?: number;
  annotations?: Record<string, string>;
  /** ConfigMaps read whole, by envFrom. */
  config?: string[];
  /** Anything else of the pod. */
  pod?: Record<string, unknown>;
  spec?: Record<string, unknown>;
}

/** A workload of any of the seven kinds. */
export function workload(name: string, options: WorkloadOptions = {}): string {
  const { kind: kindName = 'Deployment', config = [], annotations, replicas, pod, spec } = options;
  const labels = { app: name };
  const container = {
    name: 'main',
    image: options.image ?? 'nginx:1',
    ...(config.length > 0 && { envFrom: config.map((one) => ({ configMapRef: { name: one } })) }),
  };
  const podSpec = { containers: [container], ...pod };
  const template = { metadata: { labels }, spec: podSpec };
  const metadata = { name, namespace: options.namespace ?? 'shop', labels, ...(annotations && { annotations }) };
  const common = { ...(replicas !== undefined && { replicas }), ...spec };
  switch (kindName) {
    case 'Pod':
      return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec: podSpec });
    case 'Job':
      return JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { ...common, template } });
    case 'CronJob': {
      const jobTemplate = { spec: { ...spec, template } };
      return JSON.stringify({
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata,
        spec: { schedule: '@daily', jobTemplate },
      });
    }
    default: {
      const selector = { matchLabels: labels };
      return JSON.stringify({
        apiVersion: 'apps/v1',
        kind: kindName,
        metadata,
        spec: { selector, template, ...common },
      });
    }
  }
}
