import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { ANNOTATION_SUSPEND } from '../domain/stamps.ts';
import { newestOf, type History } from '../domain/history.ts';
import type { Inventory } from '../domain/inventory.ts';
import { StoredHistory, StoredInventory } from '../domain/tolerant.ts';
import { ApiError, type Client } from './client.ts';
import { configMaps, keyId, keyOf, markOf, StateError, type ConfigMap, type Key } from './config-maps.ts';
import { METADATA_LIST } from './metadata.ts';
import { firstIssue, readStored, refuseNewer } from './stored.ts';

const INVENTORY = 'ordo-inventory';
const HISTORY = 'ordo-history';
const SHA = 'current-yaml-commit-sha';
const KEY = 'ordo-key';
const KEY_BYTES = 32;

/** What Ordo remembers, all of it in ConfigMaps of its own namespace. */
export interface State {
  /** The stop switch: no new rollout begins, and a running one pauses between two steps. */
  isSuspended: boolean;
  /** 40 hex digits; undefined before the first commit was rolled out (DORIS wrote `empty`). */
  sha: string | undefined;
  inventory: Inventory;
  /** False: `ordo-inventory` holds nothing, so that `inventory` is empty: the first start, or it was lost. */
  isRecorded: boolean;
  /** Why what `ordo-inventory` holds cannot be read: cut, edited by hand, written by something else, or about another cluster. It is not recorded then. */
  damaged?: string;
  /** Read when it is asked for: it may be a hundred times as large as the rest, and an idle pass needs none of it. */
  history: () => Promise<History>;
  /** Another one whenever anything of it was written. */
  version: string;
  key: Key;
}

export interface StateStore {
  /** Creates the key and the empty `ordo-inventory` when they are missing. Throws StateError when something is there and cannot be read. */
  read(): Promise<State>;
  isSuspended(): Promise<boolean>;
  /** The history alone, for people: also where no key says whether it is Ordo's. */
  readHistory(): Promise<History>;
  writeInventory(inventory: Inventory): Promise<void>;
  writeHistory(history: History): Promise<void>;
  writeSha(sha: string): Promise<void>;
  /** The pinned image that is listed for an `app` label, by Ordo or by DORIS; undefined when several are: none is to be trusted. */
  readImage(app: string): Promise<string | undefined>;
  /** The pinned image of an `app` label, for people and for DORIS's format. */
  writeImage(app: string, image: string): Promise<void>;
}

export function stateStore(client: Client, namespace: string): StateStore {
  const maps = configMaps(client, namespace);
  let key: Buffer | undefined;
  let cluster: string | undefined;
  /** The history that was seen to be readable. */
  let readable: string | undefined;
  /** What stands in the inventory with this resourceVersion and key: an idle pass does not read it again. */
  let last: ({ version: string } & Recorded) | undefined;
  let lastSha: { version: string; mark: string; text: string | undefined } | undefined;
  /** The marks of what was read last: a write that would not follow it is refused. */
  const seen = { inventory: '', history: '', sha: '' };

  return {
    async read() {
      const hmacKey = await readOrMakeKey(client, namespace);
      key = hmacKey;
      cluster ??= await readClusterId(client);
      const all = await maps.readAllMetadata();
      const [{ isSuspended, version, stored, damage }, text] = await Promise.all([
        readInventory(hmacKey, all.get(INVENTORY)),
        readSha(all.get(SHA)?.resourceVersion),
        checkHistory(hmacKey, all.get(HISTORY)?.resourceVersion),
      ]);
      // Made empty at the first start: people put the stop switch on it.
      if (stored === undefined && damage === undefined) await maps.write(INVENTORY, {});
      let entries: Promise<History> | undefined;
      return {
        isSuspended,
        sha: text !== undefined && /^[0-9a-f]{40}$/.test(text) ? text : undefined,
        inventory: stored ?? { version: 1, rollout: 0, commit: '', key: keyId(hmacKey), objects: [] },
        isRecorded: stored !== undefined,
        ...(damage !== undefined && { damaged: damage }),
        version: `${text ?? ''} ${version} ${readable ?? ''}`,
        history: () => (entries ??= readHistory(hmacKey)),
        key: keyOf(hmacKey),
      };
    },
    isSuspended: async () => isStopped(await maps.readMetadata(INVENTORY)),
    async readHistory() {
      return historyIn(await maps.readValue(HISTORY, 'history'));
    },
    // What is written need not be read again.
    async writeInventory(inventory) {
      const hmacKey = needed(key);
      const located = { ...inventory, ...(cluster !== undefined && { cluster }) };
      const { mark, version } = await maps.writeValue(INVENTORY, 'inventory', located, {
        hmacKey,
        before: seen.inventory,
      });
      seen.inventory = mark;
      last = {
        version: versionOf(version, hmacKey),
        mark,
        inventory: JSON.parse(JSON.stringify(located)) as Inventory,
      };
    },
    async writeHistory(history) {
      const how = { hmacKey: needed(key), before: seen.history };
      const { mark, version } = await maps.writeValue(HISTORY, 'history', newestOf(history), how);
      seen.history = mark;
      readable = version;
    },
    async writeSha(commit) {
      const { mark, version } = await maps.write(SHA, { data: { 'yaml-sha': commit } }, { before: seen.sha });
      seen.sha = mark;
      lastSha = { version, mark, text: commit };
    },
    async readImage(app) {
      const listed = await maps.read(imageList(app));
      const [image, ...others] = Object.values(listed?.data ?? {});
      return others.length === 0 ? image : undefined;
    },
    async writeImage(app, image) {
      await maps.write(imageList(app), { data: { image } });
    },
  };

  async function readInventory(hmacKey: Buffer, metadata: ConfigMap['metadata'] | undefined) {
    const version = versionOf(metadata?.resourceVersion, hmacKey);
    if (last?.version !== version || last.damage !== undefined) last = { version, ...(await readRecorded(hmacKey)) };
    seen.inventory = last.mark;
    return { isSuspended: isStopped(metadata), version, stored: last.inventory, damage: last.damage };
  }

  /** What looks damaged may be half written by another controller: it is looked at again before it is called so. */
  async function readRecorded(hmacKey: Buffer): Promise<Recorded> {
    for (let look = 1; ; look += 1) {
      const { mark, value, damage } = await maps.readMarked(INVENTORY, 'inventory', hmacKey);
      if (damage === undefined && value === undefined) return { mark };
      const parsed = StoredInventory.safeParse(value);
      if (parsed.success) return isOfOther(parsed.data) ? { mark, damage: OTHER } : { mark, inventory: parsed.data };
      if (damage === undefined) refuseNewer(`ConfigMap ${INVENTORY}`, value);
      if (look === LOOKS) return { mark, damage: damage ?? firstIssue(parsed.error) };
      await wait(LOOK_AGAIN_MS);
    }
  }

  function isOfOther(inventory: Inventory): boolean {
    return inventory.cluster !== undefined && cluster !== undefined && inventory.cluster !== cluster;
  }

  async function readHistory(hmacKey: Buffer): Promise<History> {
    const { mark, value, damage } = await maps.readMarked(HISTORY, 'history', hmacKey);
    if (damage !== undefined) throw maps.damaged(HISTORY, damage);
    seen.history = mark;
    return historyIn(value);
  }

  /** Throws as soon as it cannot be read, not only when it is needed. */
  async function checkHistory(hmacKey: Buffer, version: string | undefined): Promise<void> {
    if (version === readable) return;
    await readHistory(hmacKey);
    readable = version;
  }

  async function readSha(version: string | undefined): Promise<string | undefined> {
    seen.sha = '';
    if (version === undefined) return undefined;
    if (lastSha?.version !== version) {
      const there = await maps.read(SHA);
      lastSha = { version, mark: markOf(there), text: there?.data?.['yaml-sha'] };
    }
    seen.sha = lastSha.mark;
    return lastSha.text;
  }
}

const isStopped = (metadata: ConfigMap['metadata'] | undefined): boolean =>
  metadata?.annotations?.[ANNOTATION_SUSPEND] === 'true';

function needed(key: Buffer | undefined): Buffer {
  if (key === undefined) throw new Error('state is written before it was read');
  return key;
}

/** The inventory as far as there is one that can be read. */
interface Recorded {
  mark: string;
  inventory?: Inventory;
  damage?: string;
}

const OTHER = 'it is about another cluster';
const LOOKS = 3;
const LOOK_AGAIN_MS = 500;

/** Of a ConfigMap's content, as it is read with this key. */
const versionOf = (resourceVersion = '', key: Buffer): string => `${resourceVersion} ${keyId(key)}`;

function historyIn(stored: unknown = []): History {
  const way = 'restore it from a backup, or delete it to start it anew';
  return readStored(StoredHistory, stored, { what: `ConfigMap ${HISTORY}`, way });
}

/** The uid of Namespace kube-system, which every cluster has for as long as it lives; undefined without the right to list it. */
async function readClusterId(client: Client): Promise<string | undefined> {
  const path = '/api/v1/namespaces?fieldSelector=metadata.name%3Dkube-system';
  try {
    const found = await client.get<{ items: { metadata: { uid?: string } }[] }>(path, METADATA_LIST);
    return found?.items[0]?.metadata.uid;
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

const imageList = (app: string): string => `containerlist-${objectName(app)}`;

/** An `app` label as part of an object's name; a hash keeps apart what the change of characters would join. */
function objectName(app: string): string {
  const name = app.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '-');
  return name === app ? name : `${name}-${createHash('sha256').update(app).digest('hex').slice(0, 6)}`;
}

/** The HMAC key of this install. */
export async function readOrMakeKey(client: Client, namespace: string): Promise<Buffer> {
  const root = `/api/v1/namespaces/${namespace}/secrets`;
  const read = async (): Promise<Buffer | undefined> => {
    const secret = await client.get<{ data?: { key?: string } }>(`${root}/${KEY}`);
    if (secret === undefined) return undefined;
    const bytes = Buffer.from(secret.data?.key ?? '', 'base64');
    if (bytes.length >= KEY_BYTES) return bytes;
    const way = `restore it from a backup, or delete it (kubectl -n ${namespace} delete secret ${KEY}): a new one is made`;
    throw new StateError(`Secret ${KEY} holds no key of ${KEY_BYTES} bytes: ${way}`);
  };
  const there = await read();
  if (there) return there;
  const made = randomBytes(KEY_BYTES);
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: KEY }, data: { key: made.toString('base64') } };
  try {
    await client.create(root, secret);
    return made;
  } catch (error) {
    if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error;
    return (await read()) ?? made;
  }
}
