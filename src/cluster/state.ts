import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { ANNOTATION_SUSPEND } from '../domain/stamps.ts';
import { History, newestOf } from '../domain/history.ts';
import { Inventory } from '../domain/inventory.ts';
import { ApiError, type Client } from './client.ts';
import { configMaps, keyId, StateError, type ConfigMap } from './config-maps.ts';

const INVENTORY = 'ordo-inventory';
const HISTORY = 'ordo-history';
const SHA = 'current-yaml-commit-sha';
const KEY = 'ordo-key';

/** What Ordo remembers, all of it in ConfigMaps of its own namespace. */
export interface State {
  /** The stop switch: no new rollout begins, and a running one pauses between two steps. */
  isSuspended: boolean;
  /** 40 hex digits; undefined before the first commit was rolled out (DORIS wrote `empty`). */
  sha: string | undefined;
  inventory: Inventory;
  /** False: `ordo-inventory` holds nothing, so that `inventory` is empty: the first start, or it was lost. */
  isRecorded: boolean;
  /** Read when it is asked for: it may be a hundred times as large as the rest, and an idle pass needs none of it. */
  history: () => Promise<History>;
  /** Another one whenever anything of it but the history was written. */
  version: string;
  /** The HMAC key with its id: hashes under another id are unknown. */
  key: { id: string; hasher: (text: string) => string };
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
  /** The history that was seen to be readable. */
  let readable: string | undefined;
  /** What stands in the inventory with this resourceVersion and key: an idle pass does not read it again. */
  let last: { version: string; value: Inventory | undefined } | undefined;

  return {
    async read() {
      const hmacKey = await readOrMakeKey(client, namespace);
      key = hmacKey;
      const [{ isSuspended, version, stored }, sha] = await Promise.all([
        readInventory(hmacKey),
        maps.read(SHA),
        checkHistory(hmacKey),
      ]);
      // Made empty at the first start: people put the stop switch on it.
      if (stored === undefined) await maps.write(INVENTORY, {});
      const id = keyId(hmacKey);
      let entries: Promise<History> | undefined;
      const text = sha?.data?.['yaml-sha'];
      return {
        isSuspended,
        sha: text !== undefined && /^[0-9a-f]{40}$/.test(text) ? text : undefined,
        inventory: stored ?? { version: 1, rollout: 0, commit: '', key: id, objects: [] },
        isRecorded: stored !== undefined,
        version: `${text ?? ''} ${version}`,
        history: () => (entries ??= readHistory(hmacKey)),
        key: { id, hasher: (value) => createHmac('sha256', hmacKey).update(value).digest('hex').slice(0, 32) },
      };
    },
    isSuspended: readSwitch,
    readHistory: () => readHistory(),
    writeInventory: (inventory) => maps.writeValue(INVENTORY, 'inventory', inventory, needed(key)),
    writeHistory: (history) => maps.writeValue(HISTORY, 'history', newestOf(history), needed(key)),
    writeSha: (commit) => maps.write(SHA, { data: { 'yaml-sha': commit } }),
    async readImage(app) {
      const listed = await maps.read(imageList(app));
      const [image, ...others] = Object.values(listed?.data ?? {});
      return others.length === 0 ? image : undefined;
    },
    writeImage: (app, image) => maps.write(imageList(app), { data: { image } }),
  };

  async function readInventory(hmacKey: Buffer) {
    const metadata = await maps.readMetadata(INVENTORY);
    const version = `${metadata?.resourceVersion ?? ''} ${keyId(hmacKey)}`;
    if (last?.version !== version) {
      const value = parse(Inventory, INVENTORY, await maps.readValue(INVENTORY, 'inventory', hmacKey));
      last = { version, value };
    }
    return { isSuspended: isStopped(metadata), version, stored: last.value };
  }

  async function readHistory(hmacKey?: Buffer): Promise<History> {
    return parse(History, HISTORY, await maps.readValue(HISTORY, 'history', hmacKey)) ?? [];
  }

  /** Throws as soon as it cannot be read, not only when it is needed. */
  async function checkHistory(hmacKey: Buffer): Promise<void> {
    const version = (await maps.readMetadata(HISTORY))?.resourceVersion;
    if (version === readable) return;
    await readHistory(hmacKey);
    readable = version;
  }

  async function readSwitch(): Promise<boolean> {
    return isStopped(await maps.readMetadata(INVENTORY));
  }
}

const isStopped = (metadata: ConfigMap['metadata'] | undefined): boolean =>
  metadata?.annotations?.[ANNOTATION_SUSPEND] === 'true';

function needed(key: Buffer | undefined): Buffer {
  if (key === undefined) throw new Error('state is written before it was read');
  return key;
}

function parse<T>(schema: z.ZodType<T>, name: string, stored: unknown): T | undefined {
  if (stored === undefined) return undefined;
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  const version = (stored as { version?: unknown }).version;
  const newer = typeof version === 'number' && version > 1;
  const why = newer
    ? `a newer Ordo wrote it (version ${version}): run that one`
    : `${parsed.error.issues[0]?.message ?? ''}`;
  throw new StateError(`ConfigMap ${name} is not what Ordo writes: ${why}`);
}

const imageList = (app: string): string => `containerlist-${objectName(app)}`;

/** An `app` label as part of an object's name; a hash keeps apart what the change of characters would join. */
function objectName(app: string): string {
  const name = app.toLowerCase().replaceAll(/[^a-z0-9.-]/g, '-');
  return name === app ? name : `${name}-${createHash('sha256').update(app).digest('hex').slice(0, 6)}`;
}

async function readOrMakeKey(client: Client, namespace: string): Promise<Buffer> {
  const root = `/api/v1/namespaces/${namespace}/secrets`;
  const read = async (): Promise<Buffer | undefined> => {
    const secret = await client.get<{ data?: { key?: string } }>(`${root}/${KEY}`);
    return secret?.data?.key === undefined ? undefined : Buffer.from(secret.data.key, 'base64');
  };
  const there = await read();
  if (there) return there;
  const made = randomBytes(32);
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: KEY }, data: { key: made.toString('base64') } };
  try {
    await client.create(root, secret);
    return made;
  } catch (error) {
    if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error;
    return (await read()) ?? made;
  }
}
