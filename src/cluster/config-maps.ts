import { createHash, createHmac, createSecretKey } from 'node:crypto';
import { ExternalError } from '../util/errors.ts';
import { toParts, fromParts } from '../util/parts.ts';
import type { Client } from './client.ts';
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

/** State that cannot be read: the message says which object, why, and how to go on. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** Ordo's ConfigMaps in its own namespace. Writes replace the data, keep the metadata, and are left out when nothing changes. */
export function configMaps(client: Client, namespace: string) {
  const root = `/api/v1/namespaces/${namespace}/configmaps`;
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
   * `annotations` are added to those that are there. `isExpected`: refuses what somebody else has put there since it was
   * read. Between this look and the write the resourceVersion stands guard. Answers with what was there.
   */
  async function write(
    name: string,
    content: Content,
    annotations: Record<string, string> = {},
    isExpected: (there: ConfigMap | undefined) => boolean = () => true,
  ): Promise<ConfigMap | undefined> {
    const there = await read(name);
    if (!isExpected(there)) {
      throw new ExternalError(`ConfigMap ${name} was written by somebody else meanwhile; the next pass reads it anew`);
    }
    if (there === undefined) {
      await client.create(root, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, ...content });
      return undefined;
    }
    const metadata = { ...there.metadata, annotations: { ...there.metadata.annotations, ...annotations } };
    if (!same(there, { metadata, ...content })) {
      await client.replace(`${root}/${name}`, { apiVersion: 'v1', kind: 'ConfigMap', metadata, ...content });
    }
    return there;
  }

  /**
   * A value as gzip under one key, over as many ConfigMaps as it takes: NAME, NAME-1, NAME-2 … The first names their count
   * and seal, and is written last. `before`: the mark of what was read; anything else that is there now stays, and
   * ExternalError is thrown. Answers with the new mark.
   */
  async function writeValue(
    name: string,
    key: string,
    value: unknown,
    { hmacKey, before }: { hmacKey: Buffer; before: string },
  ): Promise<string> {
    const parts = toParts(value);
    const annotations = { [PARTS]: String(parts.length), [SEAL]: seal(parts, hmacKey), [SEAL_KEY]: keyId(hmacKey) };
    const isExpected = (there: ConfigMap | undefined): boolean => markOf(there, key) === before;
    if (parts.length > 1 && isExpected(await read(name))) {
      for (const [index, part] of [...parts.entries()].slice(1).reverse()) {
        await write(partName(name, index), { binaryData: { [key]: part.toString('base64') } });
      }
    }
    const content = { binaryData: { [key]: (parts[0] as Buffer).toString('base64') } };
    const there = await write(name, content, annotations, isExpected);
    for (let index = parts.length; index < countOf(there); index += 1) await remove(partName(name, index));
    return markOf({ metadata: { name, annotations }, ...content }, key);
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
    const mark = markOf(first, key);
    if (first === undefined || mark === '') return { mark };
    const rest = Array.from({ length: countOf(first) - 1 }, (_, index) => read(partName(name, index + 1)));
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

  const remove = (name: string): Promise<void> => client.remove(`${root}/${name}`);
  return { read, readMetadata, readAllMetadata, write, writeValue, readValue, readMarked, damaged, remove };
}

/** Nobody writes so many parts: a number by hand must not become a flood of requests. */
const MOST_PARTS = 100;

function countOf(first: ConfigMap | undefined): number {
  const count = Number(first?.metadata.annotations?.[PARTS] ?? 1);
  return Number.isInteger(count) && count > 0 && count <= MOST_PARTS ? count : 1;
}

/** Another one for each value that was written; '' for none. What people annotate does not change it. */
function markOf(first: ConfigMap | undefined, key: string): string {
  const bytes = first?.binaryData?.[key];
  if (bytes === undefined) return '';
  return createHash('sha256')
    .update(`${first?.metadata.annotations?.[SEAL] ?? ''} ${bytes}`)
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

const same = (a: ConfigMap, b: ConfigMap): boolean => text(a) === text(b);
const text = ({ metadata, data = {}, binaryData = {} }: ConfigMap): string =>
  JSON.stringify([sorted(metadata.annotations), sorted(data), sorted(binaryData)]);
const sorted = (map: Record<string, string> = {}): unknown => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
