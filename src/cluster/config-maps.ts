import { createHash, createHmac, createSecretKey } from 'node:crypto';
import { ExternalError } from '../util/errors.ts';
import { toParts, fromParts } from '../util/parts.ts';
import { ApiError, type Client } from './client.ts';
import { listPages, type Metadata } from './metadata.ts';

/** A ConfigMap, as far as Ordo keeps state in it. */
export interface ConfigMap {
  metadata: {
    name: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

type Content = Pick<ConfigMap, 'data' | 'binaryData'>;

const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const PARTS = 'ordo.dev/parts';
const SEAL = 'ordo.dev/seal';
const SEAL_KEY = 'ordo.dev/seal-key';

/** `mark`: equal as long as nobody has written the value; '' where there is none. */
export interface Marked {
  mark: string;
  value?: unknown;
  damage?: string;
}

/** `before`: the mark of what was read; anything else that is there now stays, and ExternalError is thrown. */
interface Writing {
  annotations?: Record<string, string>;
  before?: string;
}

/** What is there after a write, by its mark and resourceVersion. */
interface Written {
  mark: string;
  version: string;
  /** Of what was there before. */
  over: ConfigMap['metadata'] | undefined;
}

interface Seen {
  metadata: ConfigMap['metadata'];
  mark: string;
}

const HEAD = { apiVersion: 'v1', kind: 'ConfigMap' };

/** State that cannot be read: the message says which object, why, and how to go on. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** Ordo's ConfigMaps in its own namespace. Writes replace the data, keep the metadata, and are left out when nothing changes. */
export function configMaps(client: Client, namespace: string) {
  const root = `/api/v1/namespaces/${namespace}/configmaps`;
  /** What this process has written last, by name. */
  const last = new Map<string, Seen>();
  const read = (name: string): Promise<ConfigMap | undefined> => client.get<ConfigMap>(`${root}/${name}`);

  const readMetadata = async (name: string): Promise<ConfigMap['metadata'] | undefined> =>
    (await client.get<ConfigMap>(`${root}/${name}`, METADATA))?.metadata;

  /** The metadata of all that are there, by name: one request, however many of them are Ordo's. */
  async function readAllMetadata(): Promise<Map<string, Metadata>> {
    const found = new Map<string, Metadata>();
    for await (const { items } of listPages(client, root, {})) for (const one of items) found.set(one.name, one);
    return found;
  }

  /**
   * `annotations` are added to those that are there. What this process wrote last is not read again first: the
   * resourceVersion stands guard between any look and the write.
   */
  async function write(name: string, content: Content, { annotations = {}, before }: Writing = {}): Promise<Written> {
    const own = last.get(name);
    last.delete(name);
    const isOver = own !== undefined && isExpected(own.mark) && !isSame(own);
    const now = isOver ? await replace(own.metadata).catch(unlessStale) : undefined;
    if (now && own) return remembered(now, own.metadata);

    const there = await read(name);
    if (!isExpected(markOf(there))) {
      throw new ExternalError(`ConfigMap ${name} was written by somebody else meanwhile; the next pass reads it anew`);
    }
    if (there === undefined)
      return remembered(await client.create(root, { ...HEAD, metadata: { name, annotations }, ...content }));
    const isThere = isSame({ metadata: there.metadata, mark: markOf(there) });
    return remembered(isThere ? there : await replace(there.metadata), there.metadata);

    function isExpected(mark: string): boolean {
      return before === undefined || mark === before;
    }

    function isSame({ metadata, mark }: Seen): boolean {
      const all = { ...metadata.annotations, ...annotations };
      const isMarked = markOf({ metadata: { name, annotations: all }, ...content }) === mark;
      return isMarked && Object.entries(annotations).every(([key, value]) => metadata.annotations?.[key] === value);
    }

    function replace({ annotations: others, ...metadata }: ConfigMap['metadata']): Promise<ConfigMap> {
      const merged = { ...metadata, annotations: { ...others, ...annotations } };
      return client.replace(`${root}/${name}`, { ...HEAD, metadata: merged, ...content });
    }
  }

  function remembered(map: ConfigMap, over?: ConfigMap['metadata']): Written {
    const { metadata } = map;
    const mark = markOf(map);
    last.set(metadata.name, { metadata, mark });
    return { mark, version: metadata.resourceVersion ?? '', over };
  }

  /**
   * A value as gzip under one key, over as many ConfigMaps as it takes: NAME, NAME-1, NAME-2 … The first names their count
   * and seal, and is written last. `before`: the mark of what was read; anything else that is there now stays, and
   * ExternalError is thrown.
   */
  async function writeValue(
    name: string,
    key: string,
    value: unknown,
    { hmacKey, before }: { hmacKey: Buffer; before: string },
  ): Promise<Written> {
    const parts = toParts(value);
    const annotations = { [PARTS]: String(parts.length), [SEAL]: seal(parts, hmacKey), [SEAL_KEY]: keyId(hmacKey) };
    if (parts.length > 1 && markOf(await read(name)) === before) {
      for (const [index, part] of [...parts.entries()].slice(1).reverse()) {
        await write(partName(name, index), { binaryData: { [key]: part.toString('base64') } });
      }
    }
    const content = { binaryData: { [key]: (parts[0] as Buffer).toString('base64') } };
    const written = await write(name, content, { annotations, before });
    for (let index = parts.length; index < countOf(written.over); index += 1) await remove(partName(name, index));
    return written;
  }

  /** The way back; undefined when there is no such ConfigMap or nothing in it yet. Throws StateError for what cannot be read. */
  async function readValue(name: string, key: string, hmacKey?: Buffer): Promise<unknown> {
    const { value, damage } = await readMarked(name, key, hmacKey);
    if (damage === undefined) return value;
    throw damaged(name, damage);
  }

  function damaged(name: string, damage: string): StateError {
    const way = `restore it from a backup, or delete it (kubectl -n ${namespace} delete configmap ${name}) to start it anew`;
    return new StateError(`ConfigMap ${name} cannot be read (${damage}): ${way}`);
  }

  /**
   * A value with the mark by which a later write knows it again; `damage` says why it cannot be read. Refuses an incomplete
   * or mixed set; of one that was sealed with a key that is lost the gzip checksum tells.
   */
  async function readMarked(name: string, key: string, hmacKey?: Buffer): Promise<Marked> {
    const first = await read(name);
    const mark = markOf(first);
    if (first?.binaryData?.[key] === undefined) return { mark };
    const rest = Array.from({ length: countOf(first.metadata) - 1 }, (_, index) => read(partName(name, index + 1)));
    const parts = [first, ...(await Promise.all(rest))].map((map) =>
      Buffer.from(map?.binaryData?.[key] ?? '', 'base64'),
    );
    const { [SEAL]: expected, [SEAL_KEY]: sealedWith } = first.metadata.annotations ?? {};
    const isVerifiable = hmacKey && expected !== undefined && (sealedWith ?? keyId(hmacKey)) === keyId(hmacKey);
    try {
      if (isVerifiable && expected !== seal(parts, hmacKey)) throw new Error('its parts do not belong together');
      return { mark, value: fromParts(parts) };
    } catch (error) {
      return { mark, damage: (error as Error).message };
    }
  }

  async function remove(name: string): Promise<void> {
    last.delete(name);
    await client.remove(`${root}/${name}`);
  }

  return { read, readMetadata, readAllMetadata, write, writeValue, readValue, readMarked, damaged, remove };
}

/** Somebody else has written, annotated or deleted it. */
function unlessStale(error: unknown): undefined {
  if (error instanceof ApiError && [404, 409].includes(error.status)) return undefined;
  throw error;
}

/** Nobody writes so many parts: a number by hand must not become a flood of requests. */
const MOST_PARTS = 100;

function countOf(first: ConfigMap['metadata'] | undefined): number {
  const count = Number(first?.annotations?.[PARTS] ?? 1);
  return Number.isInteger(count) && count > 0 && count <= MOST_PARTS ? count : 1;
}

/** Another one for each content that was written; '' for none. What people annotate does not change it. */
export function markOf(map: ConfigMap | undefined): string {
  const content = [map?.data, map?.binaryData].map((one = {}) =>
    Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  if (content.flat().length === 0) return '';
  const sealed = map?.metadata.annotations?.[SEAL] ?? '';
  return createHash('sha256')
    .update(JSON.stringify([sealed, content]))
    .digest('hex');
}

const partName = (name: string, index: number): string => (index === 0 ? name : `${name}-${index}`);

const seal = (parts: readonly Buffer[], key: Buffer): string =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest('hex');

/** Names an HMAC key without giving it away. */
export const keyId = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 16);

/** The HMAC key with its id: hashes under another id are unknown. */
export interface Key {
  id: string;
  /** 32 hex digits of a text's HMAC. */
  hasher: (text: string) => string;
}

export function keyOf(key: Buffer): Key {
  // Made once: for a short text it costs more than the rest.
  const made = createSecretKey(key);
  return { id: keyId(key), hasher: (value) => createHmac('sha256', made).update(value).digest('hex').slice(0, 32) };
}
