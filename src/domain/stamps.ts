/** Everything Ordo writes onto objects; the names are a contract (docs, `kubectl get -l`). */
export const LABEL_TARGET = 'ordo.dev/target';
export const LABEL_ROLLOUT = 'ordo.dev/rollout';
export const ANNOTATION_ID = 'ordo.dev/id';
export const ANNOTATION_ROLLOUT = 'ordo.dev/rollout';
export const ANNOTATION_SOURCE = 'ordo.dev/source';
export const ANNOTATION_HASH = 'ordo.dev/hash';
/** On `ordo-inventory`, put there by people. */
export const ANNOTATION_SUSPEND = 'ordo.dev/suspend';
export const ANNOTATION_SECRETS = 'ordo.dev/secrets';
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const FIELD_MANAGER = 'ordo';

/** What an object in the cluster says of itself. `stamp` is missing on objects that Ordo did not apply. */
export interface LiveObject {
  uid: string;
  deleting: boolean;
  stamp?: { rollout: number; hash: string; source: string };
}

interface Metadata {
  uid?: string;
  deletionTimestamp?: string;
  annotations?: Record<string, string>;
  ownerReferences?: { controller?: boolean }[];
}

/**
 * Reads an object's metadata. Stamps count only if the id is the object's own and no controller owns it: Kubernetes
 * copies labels and annotations to EndpointSlices and ReplicaSets.
 */
export function readLive(id: string, metadata: Metadata): LiveObject {
  const live: LiveObject = { uid: metadata.uid ?? '', deleting: metadata.deletionTimestamp !== undefined };
  const annotations = metadata.annotations ?? {};
  const owned = metadata.ownerReferences?.some((owner) => owner.controller === true) ?? false;
  const rollout = Number(annotations[ANNOTATION_ROLLOUT]);
  const hash = annotations[ANNOTATION_HASH];
  if (owned || annotations[ANNOTATION_ID] !== id || !Number.isInteger(rollout) || hash === undefined) return live;
  return { ...live, stamp: { rollout, hash, source: annotations[ANNOTATION_SOURCE] ?? '' } };
}
