import type { Client } from './client.ts';
import { METADATA_LIST } from './metadata.ts';

/** The platforms of the cluster's nodes, as registries name them: `linux/arm64`. */
export async function readPlatforms(client: Client): Promise<ReadonlySet<string>> {
  const nodes = await client.get<{ items: { metadata: { labels?: Record<string, string> } }[] }>(
    '/api/v1/nodes',
    METADATA_LIST,
  );
  const names = (nodes?.items ?? []).map(({ metadata: { labels = {} } }) => {
    return `${labels['kubernetes.io/os'] ?? 'linux'}/${labels['kubernetes.io/arch'] ?? 'amd64'}`;
  });
  return new Set(names);
}
