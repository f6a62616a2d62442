import { idOf, nameOf, type Identity } from '../domain/identity.ts';
import { isNamespace } from '../domain/kinds.ts';
import { known, unknown, type Known } from '../domain/known.ts';
import type { ResourceKind } from '../domain/object.ts';
import { ApiError, type Client } from './client.ts';
import { readKinds } from './kinds.ts';
import { listMetadata, type Listed } from './live.ts';

/** Kubernetes makes them by itself in every Namespace, or for what others have made. */
const EVERYWHERE = new Set(['/ConfigMap/kube-root-ca.crt', '/ServiceAccount/default']);
const BY_THEMSELVES = new Set(['Event', 'Endpoints', 'EndpointSlice', 'Lease']);

/**
 * What speaks against the deletion of these Namespaces and CRDs, by id: the names of what is in the Namespace and not of
 * Ordo's making, and of the instances that are left of the CRD. By metadata lists of all kinds that go with a Namespace.
 */
export async function readContents(
  client: Client,
  carriers: readonly Identity[],
): Promise<Map<string, Known<readonly string[]>>> {
  // What cannot be deleted, such as the metrics of a pod, goes with nothing.
  const kinds = await readKinds(client, ['list', 'delete']);
  const contents = new Map<string, Known<readonly string[]>>();
  for (const carrier of carriers) {
    const found = isNamespace(carrier)
      ? foreignIn(client, kinds, carrier.name)
      : instancesOf(client, kinds, carrier.name);
    contents.set(idOf(carrier), await found);
  }
  return contents;
}

async function foreignIn(client: Client, kinds: readonly ResourceKind[], namespace: string) {
  const objects = new Map<string, Listed>();
  for (const kind of kinds.filter(({ namespaced }) => namespaced)) {
    const listed = await listAll(client, kind, namespace);
    if (!listed.known) return listed;
    // A kind that is served in two groups shows the same object twice.
    for (const one of listed.value) objects.set(one.object.uid, one);
  }
  const own = ownUids([...objects.values()]);
  const foreign = [...objects.values()].filter(
    ({ identity, object }) => !own.has(object.uid) && !isKubernetes(identity),
  );
  return known(foreign.map(({ identity }) => nameOf(identity)).sort());
}

/** What carries Ordo's stamps, and what its controllers have made, and theirs. Claims are data, whoever made them. */
function ownUids(objects: readonly Listed[]): ReadonlySet<string> {
  const own = new Set(objects.filter(({ object }) => object.stamp !== undefined).map(({ object }) => object.uid));
  for (let before = -1; before < own.size;) {
    before = own.size;
    for (const { identity, object, controller } of objects) {
      if (controller !== undefined && own.has(controller) && identity.kind !== 'PersistentVolumeClaim')
        own.add(object.uid);
    }
  }
  return own;
}

const isKubernetes = ({ group, kind, name }: Identity): boolean =>
  EVERYWHERE.has(`${group}/${kind}/${name}`) || BY_THEMSELVES.has(kind);

/** A CRD is called `PLURAL.GROUP`. */
async function instancesOf(client: Client, kinds: readonly ResourceKind[], name: string) {
  const kind = kinds.find(({ plural, group }) => `${plural}.${group}` === name);
  if (kind === undefined) return unknown('the cluster does not serve its kind now');
  const listed = await listAll(client, kind, '');
  return listed.known ? known(listed.value.map(({ identity }) => nameOf(identity)).sort()) : listed;
}

async function listAll(client: Client, kind: ResourceKind, namespace: string): Promise<Known<Listed[]>> {
  const found: Listed[] = [];
  try {
    for await (const one of listMetadata(client, kind, namespace, {})) found.push(one);
    return known(found);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return unknown(`${kind.plural}${kind.group && `.${kind.group}`} cannot be listed (${error.status})`);
  }
}
