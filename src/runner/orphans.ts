import { isStatefulSet } from '../domain/kinds.ts';
import type { Identity } from '../domain/identity.ts';
import type { Api } from './api.ts';
import type { Read } from './read.ts';
import { list } from './read.ts';

/** The StatefulSet controller puts each pod's own name on it. */
const POD_NAME = 'statefulset.kubernetes.io/pod-name';

/** Pods of a StatefulSet that is gone, by path: its successor could not make its own while they have the names. */
export async function orphansOf(api: Api, owner: Identity): Promise<{ path: string; uid: string }[]> {
  if (!isStatefulSet(owner)) return [];
  const pods = `/api/v1/namespaces/${encodeURIComponent(owner.namespace)}/pods`;
  const found = await list(api, pods, { selector: POD_NAME, metadataOnly: true });
  return found
    .filter((pod) => isOrphanOf(owner.name, pod))
    .map(({ metadata: { name, uid = '' } }) => ({ path: `${pods}/${encodeURIComponent(name)}`, uid }));
}

/** Belongs to nobody, and is called as only the pods of that StatefulSet are. */
export function isOrphanOf(owner: string, { metadata: { name, labels, ownerReferences = [] } }: Read): boolean {
  const ordinal = name.startsWith(`${owner}-`) ? name.slice(owner.length + 1) : '';
  return /^\d+$/.test(ordinal) && labels?.[POD_NAME] === name && !ownerReferences.some(({ controller }) => controller);
}
