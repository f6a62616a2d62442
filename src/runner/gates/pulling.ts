import { ifAllowed, type Api } from '../api.ts';
import { list } from '../read.ts';
import type { Pod } from './shapes.ts';

interface Event {
  reason?: string;
  message?: string;
  count?: number;
}

const NOT_YET = new Set(['ContainerCreating', 'PodInitializing']);
/** Of many pods that are being created, so many speak for all. */
const MOST = 3;

/** A container of it has not been made yet, as far as the kubelet has said. */
export function isCreating({ metadata, status }: Pod): boolean {
  const { initContainerStatuses = [], containerStatuses = [] } = status ?? {};
  const isWaiting = [...initContainerStatuses, ...containerStatuses].some(
    ({ state, imageID = '' }) => NOT_YET.has(state?.waiting?.reason ?? '') && imageID === '',
  );
  return metadata.deletionTimestamp === undefined && isWaiting;
}

/**
 * Whether a pull has begun and not ended, by a pod's events: while the kubelet pulls, the pod's status stays as it was before,
 * and mounting a volume looks the same.
 */
export function isPulling(events: readonly Event[]): boolean {
  const times = (reason: string, text = ''): number =>
    events
      .filter((event) => event.reason === reason && (event.message ?? '').startsWith(text))
      .reduce((sum, { count }) => sum + (count ?? 1), 0);
  // An image that is there already is "Pulled" too.
  return times('Pulling') > times('Pulled', 'Successfully pulled') + times('Failed', 'Failed to pull');
}

/** Whether an image is being pulled for any of these pods. */
export async function arePulling(api: Api, pods: readonly Pod[]): Promise<boolean> {
  const creating = pods.filter(isCreating).slice(0, MOST);
  const all = await Promise.all(
    creating.map(({ metadata: { namespace, uid } }) =>
      ifAllowed(() => list(api, `/api/v1/namespaces/${namespace}/events`, { fields: `involvedObject.uid=${uid}` }), []),
    ),
  );
  return all.some((events) => isPulling(events as Event[]));
}
