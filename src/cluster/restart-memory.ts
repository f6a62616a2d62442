import { RestartMemory } from '../domain/restarts.ts';
import type { Client } from './client.ts';
import { configMaps, keyOf, type Key } from './config-maps.ts';
import { readOrMakeKey } from './state.ts';
import { readStored } from './stored.ts';

const NAME = 'ordo-restarts';
const VALUE = 'restarts';

/** What the pods of workloads are known to have seen of their configuration, in ConfigMap `ordo-restarts`. */
export interface StoredMemory {
  /** Undefined: there is none yet. */
  memory: RestartMemory | undefined;
  /** As it is now. */
  key: Key;
  /** Refuses to write over what somebody else has written since. */
  write(memory: RestartMemory): Promise<void>;
}

/** Throws StateError when it is there and cannot be read. */
export async function readMemory(client: Client, namespace: string): Promise<StoredMemory> {
  const maps = configMaps(client, namespace);
  const hmacKey = await readOrMakeKey(client, namespace);
  const { mark, value, damage } = await maps.readMarked(NAME, VALUE, hmacKey);
  if (damage !== undefined) throw maps.damaged(NAME, damage);
  const way = `delete it (kubectl -n ${namespace} delete configmap ${NAME}): what is there now counts as seen then`;
  const memory = value === undefined ? undefined : readStored(RestartMemory, value, { what: `ConfigMap ${NAME}`, way });
  let before = mark;
  return {
    memory,
    key: keyOf(hmacKey),
    async write(next) {
      before = (await maps.writeValue(NAME, VALUE, next, { hmacKey, before })).mark;
    },
  };
}
