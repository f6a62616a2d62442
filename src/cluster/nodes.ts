import type { Client } from './client.ts';

/** A node, as far as rollouts depend on it. */
export interface Node {
  name: string;
  isReady: boolean;
  /** Conditions such as `DiskPressure` that are true. */
  pressures: string[];
}

interface Listed {
  metadata: { name: string };
  status?: { conditions?: { type: string; status: string }[] };
}

/** The cluster's nodes, at most 500 of them. */
export async function readNodes(client: Client): Promise<Node[]> {
  const { items } = (await client.get<{ items: Listed[] }>('/api/v1/nodes?limit=500')) ?? { items: [] };
  return items.map(({ metadata: { name }, status }) => {
    const isTrue = (status?.conditions ?? []).filter((condition) => condition.status === 'True');
    const types = isTrue.map(({ type }) => type);
    return { name, isReady: types.includes('Ready'), pressures: types.filter((type) => type.endsWith('Pressure')) };
  });
}
