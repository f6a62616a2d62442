import type { ResourceKind } from '../domain/object.ts';
import { LABEL_TARGET, type StampedObject } from '../domain/stamps.ts';
import { ApiError, type Client } from './client.ts';
import { listMetadata } from './live.ts';

/** No right to list it, not listable in this form, or the server behind an aggregated API is away. */
const UNREADABLE = [403, 404, 405, 406, 503];

/**
 * All objects in the cluster that carry a target's stamps: one list by label for each kind that there is. What is being
 * deleted counts as gone. Kinds that cannot be listed are answered by name: they must not keep a device from its repair.
 */
export async function findStamped(
  client: Client,
  target: string,
  kinds: readonly ResourceKind[],
): Promise<{ stamped: StampedObject[]; unreadable: string[] }> {
  const stamped: StampedObject[] = [];
  const unreadable: string[] = [];
  for (const kind of kinds) {
    const selector = { labelSelector: `${LABEL_TARGET}=${target}` };
    try {
      for await (const { identity, object } of listMetadata(client, kind, '', selector)) {
        const { stamp, deleting } = object;
        if (stamp && !deleting) stamped.push({ identity, version: kind.version, stamp });
      }
    } catch (error) {
      if (!(error instanceof ApiError && UNREADABLE.includes(error.status))) throw error;
      unreadable.push(kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`);
    }
  }
  return { stamped, unreadable };
}
