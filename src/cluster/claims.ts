import type { Identity } from '../domain/identity.ts';
import { isStatefulSet } from '../domain/kinds.ts';
import type { KubeObject } from '../domain/object.ts';
import type { Client } from './client.ts';
import { listMetadata } from './live.ts';

const CLAIMS = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  namespaced: true,
};

/**
 * The claims that a StatefulSet finds when it is made, by its name: `TEMPLATE-SET-NUMBER`. Its pods begin with what an
 * earlier one has left in them.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage
 */
export async function claimsFor(
  client: Client,
  { identity, object }: { identity: Identity; object: KubeObject },
): Promise<string[]> {
  const { volumeClaimTemplates = [] } = (object['spec'] ?? {}) as { volumeClaimTemplates?: unknown };
  if (!isStatefulSet(identity) || !Array.isArray(volumeClaimTemplates)) return [];
  const prefixes = (volumeClaimTemplates as { metadata?: { name?: string } }[]).map(
    ({ metadata }) => `${metadata?.name}-${identity.name}-`,
  );
  const found: string[] = [];
  if (prefixes.length === 0) return found;
  for await (const { identity: claim } of listMetadata(client, CLAIMS, identity.namespace, {})) {
    const prefix = prefixes.find((one) => claim.name.startsWith(one));
    if (prefix !== undefined && /^\d+$/.test(claim.name.slice(prefix.length))) found.push(claim.name);
  }
  return found;
}
