import { idOf, type Identity } from '../domain/identity.ts';
import { pathOf, type ResourceKind } from '../domain/object.ts';
import { isAsLeft, ownedMark } from '../domain/owned.ts';
import { LABEL_TARGET, readLive, type LiveObject } from '../domain/stamps.ts';
import { shortDigest } from '../util/digest.ts';
import type { Client } from './client.ts';
import { listPages, type Metadata } from './metadata.ts';

/** From so many on one list is cheaper than a request for each. */
const LIST_FROM = 6;
/** So few are not worth a list of all that are labelled, of which there may be thousands. */
const BY_NAME_TO = 2;

/** Objects by id as they stand in the cluster; an id that was asked for and is not in it has no object. */
export type Live = ReadonlyMap<string, LiveObject>;

/**
 * Metadata of the given objects: one list by label for each kind; a list by name of what is alone or carries no label (yet,
 * or any more), or when it is many of one kind a list of all that is not labelled. Memory grows with the number of managed
 * objects, not with the cluster. Lists only: the right to `get` everything would be one to run commands in every pod.
 */
export async function readLiveObjects(client: Client, target: string, objects: readonly Wanted[]): Promise<Live> {
  const live = new Map<string, LiveObject>();
  const left = new Map(objects.map(({ identity }) => [idOf(identity), identity.owned]));
  const many = groups(objects).filter(({ length }) => length > BY_NAME_TO);
  await Promise.all(many.map(([{ kind }]) => add(kind, '', { labelSelector: `${LABEL_TARGET}=${target}` })));
  const unlabelled = objects.filter(({ identity }) => !live.has(idOf(identity)));
  const reads = groups(unlabelled).flatMap((some) => {
    if (some.length < LIST_FROM) {
      return some.map(({ identity: { namespace, name }, kind }) =>
        add(kind, namespace, { fieldSelector: `metadata.name=${name}` }),
      );
    }
    const wanted = new Set(some.map(({ identity }) => idOf(identity)));
    return add(some[0].kind, '', { labelSelector: `${LABEL_TARGET}!=${target}` }, wanted);
  });
  await Promise.all(reads);
  return live;

  async function add(
    kind: ResourceKind,
    where: string,
    selector: Record<string, string>,
    wanted?: ReadonlySet<string>,
  ): Promise<void> {
    for await (const { identity, object } of listMetadata(client, kind, where, selector, readOwned)) {
      const id = idOf(identity);
      if (wanted?.has(id) ?? true) live.set(id, object);
    }
  }

  /** Who owns which fields takes more memory than all the rest, and is kept only where it tells something. */
  function readOwned(id: string, metadata: Metadata): LiveObject {
    const owned = ownedMark(metadata, shortDigest);
    const mark = left.get(id);
    const isOther = mark !== undefined && !isAsLeft(mark, owned);
    return { ...readLive(id, metadata), owned, ...(isOther && { owners: metadata.managedFields ?? [] }) };
  }
}

interface Wanted {
  /** `owned`: which fields were Ordo's when it was applied last. */
  identity: Identity & { owned?: string | undefined };
  kind: ResourceKind;
}

const groups = (objects: readonly Wanted[]): [Wanted, ...Wanted[]][] =>
  [...Map.groupBy(objects, ({ kind }) => `${kind.group}/${kind.kind}`).values()] as [Wanted, ...Wanted[]][];

/** An object with what its metadata tells; `controller`: the uid of the object that controls it. */
export interface Listed {
  identity: Identity;
  object: LiveObject;
  controller?: string | undefined;
}

/** @param where the namespace; '' for all of them */
export async function* listMetadata(
  client: Client,
  kind: ResourceKind,
  where: string,
  selector: Record<string, string>,
  read: (id: string, metadata: Metadata) => LiveObject = readLive,
): AsyncGenerator<Listed> {
  for await (const { items } of listPages(client, pathOf(kind, where), selector)) {
    for (const metadata of items) {
      const { namespace = '', name } = metadata;
      const identity = { group: kind.group, kind: kind.kind, namespace, name };
      const controller = metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
      yield { identity, object: read(idOf(identity), metadata), controller };
    }
  }
}
