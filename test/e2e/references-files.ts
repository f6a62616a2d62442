import { configMap, deployment, namespace, secret } from './samples.ts';
import type { World } from './world.ts';

/** What the tests of references commit. */

const RBAC = 'rbac.authorization.k8s.io';

/** Each way in which pods read configuration; {} stands for configMap or secret. */
export const WAYS: Record<string, { container?: string; pod?: string }> = {
  env: { container: 'env: [{ name: A, valueFrom: { {}KeyRef: { name: colors, key: a } } }]' },
  envfrom: { container: 'envFrom: [{ {}Ref: { name: colors } }]' },
  volume: { pod: 'volumes: [{ name: v, {}: { {}Name: colors } }]' },
  projected: { pod: 'volumes: [{ name: v, projected: { sources: [{ {}: { name: colors } }] } }]' },
};

export function colors(kind: string, value: string): string {
  return (kind === 'secret' ? secret : configMap)('colors', 'users', { a: value });
}

export function ways(kind: string): string[] {
  return Object.keys(WAYS).map((way) => `deployment/${kind.toLowerCase()}-${way}`);
}

/** The file of a Deployment that reads the ConfigMap or the Secret in one way. */
export function user(world: World, kind: string, way: string): [path: string, text: string] {
  const name = `${kind.toLowerCase()}-${way}`;
  const named = (text = ''): string =>
    text.replaceAll('{}Name', kind === 'secret' ? 'secretName' : 'name').replaceAll('{}', kind);
  const { container, pod } = WAYS[way] ?? {};
  return [
    `deploy/20-users/50-${name}deployment.yml`,
    user0(world, name, { container: named(container), pod: named(pod) }),
  ];
}

/** Without pods: what is looked at is the workload. */
export function user0(world: World, name: string, { container = '', pod = '' }): string {
  return deployment(world, { name, namespace: 'users', app: 'app', replicas: 0, container, pod });
}

export function account(name: string, pullSecrets: string[], where = 'users'): string {
  const imagePullSecrets = pullSecrets.map((one) => ({ name: one }));
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: where },
    imagePullSecrets,
  });
}

export const ALLOWED = namespace('order').replace(
  'metadata:',
  'metadata:\n  annotations: { ordo.dev/allow-delete: "true" }',
);
export const ROLE = JSON.stringify({
  ...{ apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: { name: 'r', namespace: 'order' } },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
});
export const BINDING = JSON.stringify({
  ...{ apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', metadata: { name: 'b', namespace: 'order' } },
  roleRef: { apiGroup: RBAC, kind: 'Role', name: 'r' },
  subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'order' }],
});
