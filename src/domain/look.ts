import { isAsLeft, ownedMark } from './owned.ts';
import { readLive, type Metadata } from './stamps.ts';

/** What is kept of an object to see that somebody changed it: some 200 bytes. */
export interface Look {
  uid: string;
  /** `ownedMark`. */
  owned: string;
  /** Ordo's stamps are on it. */
  isOurs: boolean;
  deleting: boolean;
}

/** @param digest as that of `ownedMark` */
export function lookAt(id: string, metadata: Metadata, digest: (text: string) => string): Look {
  const { uid, deleting, stamp } = readLive(id, metadata);
  return { uid, owned: ownedMark(metadata, digest), isOurs: stamp !== undefined, deleting };
}

/**
 * Why an object may not be what its last rollout left: a text that is equal as long as it looks the same; undefined when
 * it is as it was left.
 *
 * @param left `ownedMark` of then; undefined: not known
 * @param look undefined: it is not there, or carries no label of Ordo's any more
 */
export function suspicionOf(left: string | undefined, look: Look | undefined): string | undefined {
  if (look === undefined) return 'gone';
  const { uid, owned, isOurs, deleting } = look;
  if (isOurs && !deleting && (left === undefined || isAsLeft(left, owned))) return undefined;
  return `${uid} ${owned} ${isOurs} ${deleting}`;
}
