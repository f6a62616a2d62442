import { createHash, createHmac } from 'node:crypto';
import { toParts, fromParts } from '../util/parts.ts';
import type { Client } from './client.ts';

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

  /** `annotations` are added to those that are there. */
  async function write(name: string, content: Content, annotations: Record<string, string> = {}): Promise<void> {
    const there = await read(name);
    if (there === undefined) {
      await client.create(root, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, annotations }, ...content });
      return;
    }
    const metadata = { ...there.metadata, annotations: { ...there.metadata.annotations, ...annotations } };
    if (same(there, { metadata, ...content })) return;
    await client.replace(`${root}/${name}`, { apiVersion: 'v1', kind: 'ConfigMap', metadata, ...content });
  }

  /** A value as gzip under one key, over as many ConfigMaps as it takes: NAME, NAME-1, NAME-2 … The first names their count and seal. */
  async function writeValue(name: string, key: string, value: unknown, hmacKey: Buffer): Promise<void> {
    const parts = toParts(value);
    const annotations = { [PARTS]: String(parts.length), [SEAL]: seal(parts, hmacKey), [SEAL_KEY]: keyId(hmacKey) };
    for (const [index, part] of [...parts.entries()].reverse()) {
      const content = { binaryData: { [key]: part.toString('base64') } };
      await write(partName(name, index), content, index === 0 ? annotations : {});
    }
  }

  /**
   * The way back; undefined when there is no such ConfigMap or nothing in it yet. Refuses an incomplete or mixed set; of
   * one that was sealed with a key that is lost the gzip checksum tells.
   */
  async function readValue(name: string, key: string, hmacKey?: Buffer): Promise<unknown> {
    const first = await read(name);
    if (first?.binaryData?.[key] === undefined) return undefined;
    const count = Number(first.metadata.annotations?.[PARTS] ?? 1);
    const rest = Array.from({ length: count - 1 }, (_, index) => read(partName(name, index + 1)));
    const parts = [first, ...(await Promise.all(rest))].map((map) =>
      Buffer.from(map?.binaryData?.[key] ?? '', 'base64'),
    );
    const { [SEAL]: expected, [SEAL_KEY]: sealedWith } = first.metadata.annotations ?? {};
    const isVerifiable = hmacKey && expected !== undefined && (sealedWith ?? keyId(hmacKey)) === keyId(hmacKey);
    try {
      if (isVerifiable && expected !== seal(parts, hmacKey)) throw new Error('its parts do not belong together');
      return fromParts(parts);
    } catch (error) {
      const way = `restore it from a backup, or delete it (kubectl -n ${namespace} delete configmap ${name}) to start it anew`;
      throw new StateError(`ConfigMap ${name} cannot be read (${(error as Error).message}): ${way}`, { cause: error });
    }
  }

  const remove = (name: string): Promise<void> => client.remove(`${root}/${name}`);
  return { read, readMetadata, write, writeValue, readValue, remove };
}

const partName = (name: string, index: number): string => (index === 0 ? name : `${name}-${index}`);

const seal = (parts: readonly Buffer[], key: Buffer): string =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest('hex');

/** Names an HMAC key without giving it away. */
export const keyId = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 16);

const same = (a: ConfigMap, b: ConfigMap): boolean => text(a) === text(b);
const text = ({ metadata, data = {}, binaryData = {} }: ConfigMap): string =>
  JSON.stringify([sorted(metadata.annotations), sorted(data), sorted(binaryData)]);
const sorted = (map: Record<string, string> = {}): unknown => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
