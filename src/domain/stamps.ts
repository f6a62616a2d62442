import type { FieldOwner } from './field-owner.ts';
import type { Identity } from './identity.ts';

/** Everything Ordo writes onto objects; the names are a contract (docs, `kubectl get -l`). */
export const LABEL_TARGET = 'ordo.dev/target';
export const LABEL_ROLLOUT = 'ordo.dev/rollout';
export const ANNOTATION_ID = 'ordo.dev/id';
export const ANNOTATION_ROLLOUT = 'ordo.dev/rollout';
export const ANNOTATION_SOURCE = 'ordo.dev/source';
export const ANNOTATION_HASH = 'ordo.dev/hash';
/** On the pod template of a workload that rolls: the rollout that made its pods anew for their configuration. */
export const ANNOTATION_RESTART = 'ordo.dev/restart';
/** On `ordo-inventory`, put there by people. */
export const ANNOTATION_SUSPEND = 'ordo.dev/suspend';
const ANNOTATION_PRUNE = 'ordo.dev/prune';
const ANNOTATION_ALLOW_DELETE = 'ordo.dev/allow-delete';
export const ANNOTATION_SECRETS = 'ordo.dev/secrets';
/** On a rollout's Job: the pod of the controller that began it. */
export const ANNOTATION_POD = 'ordo.dev/pod';
/** On a rollout's Job: a newer commit, for which it may stop when it only waits. */
export const ANNOTATION_SUPERSEDED = 'ordo.dev/superseded';
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const FIELD_MANAGER = 'ordo';
/** Owns the restart annotation: an apply that does not state it leaves it where it is. */
export const RESTART_MANAGER = 'ordo-restart';

/** What an object in the cluster says of itself. `stamp` is missing on objects that Ordo did not apply. */
export interface LiveObject {
  uid: string;
  /** Counts the versions of its spec; most kinds have one. */
  generation?: number;
  deleting: boolean;
  stamp?: Stamp;
  /** Which fields Ordo owns of it (`ownedMark`); missing where nobody looked. */
  owned?: string;
  /** Who owns which fields, where `owned` is another than it was left. */
  owners?: FieldOwner[];
}

export interface Stamp {
  rollout: number;
  hash: string;
  /** `PATH@COMMIT`. */
  source: string;
  /** `ordo.dev/prune: "false"`, which people write: it stays when its file goes. */
  prune?: false;
  /** `ordo.dev/allow-delete: "true"`, which people write too. */
  allowDelete?: true;
}

/** An object that says of itself that Ordo applied it. */
export interface StampedObject {
  identity: Identity;
  /** In which its kind is served. */
  version: string;
  stamp: Stamp;
}

/** Nobody gets that far: whoever wrote such a number was not Ordo. */
const NO_ROLLOUT = 1e9;

/** What of an object's metadata is read. */
export interface Metadata {
  uid?: string;
  generation?: number;
  deletionTimestamp?: string;
  annotations?: Record<string, string>;
  ownerReferences?: { controller?: boolean; uid?: string }[];
  managedFields?: FieldOwner[];
}

/**
 * Reads an object's metadata. Stamps count only if the id is the object's own and no controller owns it: Kubernetes
 * copies labels and annotations to EndpointSlices and ReplicaSets.
 */
export function readLive(id: string, metadata: Metadata): LiveObject {
  const { uid = '', generation, deletionTimestamp } = metadata;
  const live: LiveObject = {
    uid,
    ...(generation !== undefined && { generation }),
    deleting: deletionTimestamp !== undefined,
  };
  const annotations = metadata.annotations ?? {};
  const owned = metadata.ownerReferences?.some((owner) => owner.controller === true) ?? false;
  const rollout = Number(annotations[ANNOTATION_ROLLOUT]);
  const hash = annotations[ANNOTATION_HASH];
  const isNumber = Number.isInteger(rollout) && rollout >= 0 && rollout < NO_ROLLOUT;
  if (owned || annotations[ANNOTATION_ID] !== id || !isNumber || hash === undefined) return live;
  const prune = annotations[ANNOTATION_PRUNE] === 'false' && { prune: false as const };
  const allowDelete = annotations[ANNOTATION_ALLOW_DELETE] === 'true' && { allowDelete: true as const };
  const source = annotations[ANNOTATION_SOURCE] ?? '';
  return { ...live, stamp: { rollout, hash, source, ...prune, ...allowDelete } };
}
