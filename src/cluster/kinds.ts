import type { ResourceKind } from '../domain/object.ts';
import type { Client } from './client.ts';

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

interface Discovery {
  items?: {
    metadata?: { name?: string };
    versions?: {
      version: string;
      resources?: { resource: string; scope: string; responseKind?: { kind?: string }; verbs: string[] }[];
    }[];
  }[];
}

/**
 * Every kind that the cluster serves with these verbs, in its preferred version; two requests (aggregated discovery, stable since
 * Kubernetes 1.30: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery).
 */
export async function readKinds(client: Client, needed: readonly string[] = ['list']): Promise<ResourceKind[]> {
  const answers = await Promise.all(['/api', '/apis'].map((path) => client.get<Discovery>(path, AGGREGATED)));
  const kinds = new Map<string, ResourceKind>();
  for (const item of answers.flatMap((answer) => answer?.items ?? [])) {
    const group = item.metadata?.name ?? '';
    for (const { version, resources = [] } of item.versions ?? []) {
      for (const { resource, scope, responseKind, verbs } of resources) {
        const kind = responseKind?.kind;
        if (kind === undefined || !needed.every((verb) => verbs.includes(verb)) || kinds.has(`${group}/${kind}`))
          continue;
        kinds.set(`${group}/${kind}`, { group, version, kind, plural: resource, namespaced: scope === 'Namespaced' });
      }
    }
  }
  return [...kinds.values()];
}
