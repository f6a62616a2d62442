import { byRunner } from './ambush.ts';
import type { Live } from './footprints.ts';
import { configMap, crd, secret } from './samples.ts';
import type { Site } from './site.ts';
import type { World } from './world.ts';
import { startWriteHook, type WriteHook } from './write-hook.ts';

/** Objects of which a field stays as it was made: the API server refuses the change in place. */

/** Kinds that are deleted and made anew for it, in the order of their numbers. */
export const REPLACED = [
  'rolebinding/readers',
  'clusterrolebinding/readers',
  'priorityclass/first',
  'ingressclass/web',
  'configmap/settings',
  'secret/settings',
];

export const REPLACED_NAMES = /^(readers|first|web|settings)$/;

/** Those kinds, by path. */
export function replacedFiles(
  folder: string,
  namespace: string,
  { role, value }: { role: string; value: string },
): Record<string, string> {
  return {
    [`${folder}/10-rolebinding.yml`]: binding('RoleBinding', `{ name: readers, namespace: ${namespace} }`, role),
    [`${folder}/11-clusterrolebinding.yml`]: binding('ClusterRoleBinding', '{ name: readers }', role),
    [`${folder}/12-priorityclass.yml`]: priorityClass('first', value),
    [`${folder}/13-ingressclass.yml`]: `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: web }
spec: { controller: example.com/v${value} }
`,
    [`${folder}/20-configmap.yml`]: `${configMap('settings', namespace, { value })}immutable: true\n`,
    [`${folder}/21-secret.yml`]: `${secret('settings', namespace, { value })}immutable: true\n`,
  };
}

const binding = (kind: string, metadata: string, role: string): string => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
metadata: ${metadata}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${role} }
`;

export const priorityClass = (name: string, value: string): string => `
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: ${name} }
value: ${value}
`;

/** From now on the API server refuses the first one of each of them that the runner would make anew. */
export async function refuseFirst(world: World): Promise<WriteHook> {
  const kinds = ['rolebindings', 'clusterrolebindings', 'priorityclasses', 'ingressclasses', 'configmaps', 'secrets'];
  const hook = await startWriteHook(world, kinds);
  const refused = new Set<string>();
  hook.onWrite(async (write) => {
    const name = `${write.resource}/${write.name}`;
    const isNew = byRunner(write) && write.operation === 'CREATE' && !write.dryRun;
    if (!isNew || !REPLACED_NAMES.test(write.name) || refused.has(name)) return;
    refused.add(name);
    throw new Error('no more room today');
  });
  return hook;
}

/** What stands in the RoleBinding and in the Secret. */
export async function standing(site: Site, namespace: string) {
  const binding = await site.get<{ roleRef: { name: string } }>('rolebinding', 'readers', namespace);
  const settings = await site.get<Live & { immutable?: boolean }>('secret', 'settings', namespace);
  const value = Buffer.from(settings?.data?.['value'] ?? '', 'base64').toString();
  return { role: binding?.roleRef.name, value, immutable: settings?.immutable };
}

/** Kinds that are never replaced, even when somebody allows it: what they hold would go with them. A Namespace has no such field. */
export function keptFiles(
  folder: string,
  { path, scope }: { path: string; scope: string },
  annotations = '{}',
): Record<string, string> {
  return {
    [`${folder}/10-volume.yml`]: `
apiVersion: v1
kind: PersistentVolume
metadata: { name: disk, annotations: ${annotations} }
spec:
  storageClassName: none
  accessModes: [ReadWriteOnce]
  capacity: { storage: 1Mi }
  hostPath: { path: ${path} }
`,
    [`${folder}/20-crd.yml`]: crd('fixed.example', 'Part', scope, annotations),
  };
}
