import type { Identity } from '../domain/identity.ts';
import { pathOf, type KubeObject, type ResourceKind } from '../domain/object.ts';
import type { Client } from './client.ts';

/** One object as it stands in the cluster, by a list with its name: the controller may list everything and get nothing. Undefined: it is not there. */
export async function readByName(
  client: Client,
  kind: ResourceKind,
  { namespace, name }: Pick<Identity, 'namespace' | 'name'>,
): Promise<KubeObject | undefined> {
  const query = `fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  const list = await client.get<{ items: KubeObject[] }>(`${pathOf(kind, namespace)}?${query}`);
  const [found] = list?.items ?? [];
  // Items of a list do not say what they are.
  return found && { ...found, apiVersion: [kind.group, kind.version].filter(Boolean).join('/'), kind: kind.kind };
}
