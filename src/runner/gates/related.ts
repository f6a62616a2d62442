import type { Api } from '../api.ts';
import { list } from '../read.ts';
import { currentPods, selectorText } from './pods.ts';
import type { Pod, Workload } from './shapes.ts';

/** A workload whose pods are asked for. */
export interface Owner {
  kind: string;
  workload: Workload;
}

const LIST_FROM = 6;

/** The current pods of each workload, in the same order. Many workloads of one namespace are answered by one list. */
export async function podsOf(api: Api, owners: readonly Owner[]): Promise<Pod[][]> {
  const byNamespace = Map.groupBy(owners, ({ workload }) => workload.metadata.namespace ?? '');
  const found = new Map<Owner, Pod[]>();
  await Promise.all(
    [...byNamespace].map(async ([namespace, members]) => {
      const all = members.length < LIST_FROM ? undefined : await readRelated(api, namespace, members);
      for (const owner of members) {
        const { pods, replicaSets } = all ?? (await readRelated(api, namespace, [owner], owner.workload));
        found.set(owner, currentPods(owner.kind, owner.workload, pods, replicaSets));
      }
    }),
  );
  return owners.map((owner) => found.get(owner) ?? []);
}

async function readRelated(api: Api, namespace: string, owners: readonly Owner[], only?: Workload) {
  if (owners.length === 1 && owners[0]?.kind === 'Pod') return { pods: [owners[0].workload as Pod], replicaSets: [] };
  const selector = only?.spec?.selector;
  const options = selector ? { selector: selectorText(selector) } : {};
  const withReplicaSets = owners.some(({ kind }) => kind === 'Deployment');
  const [pods, replicaSets] = await Promise.all([
    list(api, `/api/v1/namespaces/${namespace}/pods`, options),
    withReplicaSets ? list(api, `/apis/apps/v1/namespaces/${namespace}/replicasets`, options) : [],
  ]);
  return { pods: pods as Pod[], replicaSets: replicaSets as Workload[] };
}
