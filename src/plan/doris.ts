import { nameOf, type Identity } from '../domain/identity.ts';
import { isWorkload } from '../domain/kinds.ts';
import { appOf, DORIS } from '../manifests/images.ts';
import type { PlanInput } from './input.ts';

/**
 * Why nothing is rolled out while DORIS is there: both would undo each other's work, and both write the same SHA. DORIS is
 * whatever runs pods in Ordo's namespace with the label `app: pipelineinitialisation`, in the cluster or in the repository.
 *
 * @param running what of it is in the cluster, owners before what they own
 */
export function heldByDoris(
  { desired, held, namespace }: Pick<PlanInput, 'desired' | 'held' | 'namespace'>,
  running: readonly Identity[],
): string | undefined {
  const files = [...desired, ...held]
    .filter(
      ({ identity, object }) => isWorkload(identity) && identity.namespace === namespace && appOf(object) === DORIS,
    )
    .map(({ source }) => source);
  const [first] = running;
  const ways = [
    ...(files.length > 0 ? [`take ${[...new Set(files)].join(' and ')} out of the repository`] : []),
    ...(first ? [`kubectl -n ${namespace} delete ${first.kind.toLowerCase()} ${first.name}`] : []),
  ];
  if (ways.length === 0) return undefined;
  const where = first ? `is in the cluster (${nameOf(first)})` : 'would come with the repository';
  return `DORIS ${where}, and two controllers would undo each other's work. Nothing is changed until it is gone: ${ways.join('; then ')}`;
}
