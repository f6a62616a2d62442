import { GoodGroup, type GoodObject } from '../domain/good.ts';
import { fromParts, toParts } from '../util/parts.ts';
import type { Client } from './client.ts';

const LABEL_GOOD = 'ordo.dev/good';
const PARTS = 'ordo.dev/parts';

interface Secret {
  metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  data?: { part?: string };
}

/** The last good manifests, kept by group, so that a change of one group does not rewrite all of them. */
export interface GoodStore {
  /** All groups' objects by id; none of a group of which nothing is kept, or nothing that can be read, or of another key. */
  readAll(key: string): Promise<Map<string, GoodObject>>;
  /** Writes a group's objects as `change` has made them of those that are kept. */
  update(group: number, key: string, change: (objects: Map<string, GoodObject>) => void): Promise<void>;
}

/** Secrets `ordo-good-GROUP` (and `-1`, `-2` … above 900 KiB) of Ordo's namespace, because manifests hold what Secrets hold. */
export function goodStore(client: Client, namespace: string): GoodStore {
  const root = `/api/v1/namespaces/${namespace}/secrets`;
  const listed = async (selector: string): Promise<Secret[]> => {
    const found = await client.get<{ items: Secret[] }>(`${root}?labelSelector=${encodeURIComponent(selector)}`);
    return found?.items ?? [];
  };
  return {
    async readAll(key) {
      const groups = Map.groupBy(await listed(LABEL_GOOD), ({ metadata }) => metadata.labels?.[LABEL_GOOD] ?? '');
      return new Map([...groups.values()].flatMap((secrets) => [...objectsOf(secrets, key)]));
    },
    async update(group, key, change) {
      const old = await listed(`${LABEL_GOOD}=${group}`);
      const objects = objectsOf(old, key);
      change(objects);
      const value: GoodGroup = { version: 1, key, objects: Object.fromEntries(objects) };
      const parts = objects.size === 0 ? [] : toParts(value);
      for (const [index, part] of [...parts.entries()].reverse()) {
        const name = partName(group, index);
        const annotations = index === 0 ? { annotations: { [PARTS]: String(parts.length) } } : {};
        const metadata = { name, labels: { [LABEL_GOOD]: String(group) }, ...annotations };
        const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: { part: part.toString('base64') } };
        const isThere = old.some((one) => one.metadata.name === name);
        await (isThere ? client.replace(`${root}/${name}`, secret) : client.create(root, secret));
      }
      const names = new Set(parts.map((_, index) => partName(group, index)));
      for (const { metadata } of old) if (!names.has(metadata.name)) await client.remove(`${root}/${metadata.name}`);
    },
  };
}

const partName = (group: number, index: number): string =>
  index === 0 ? `ordo-good-${group}` : `ordo-good-${group}-${index}`;

/** What cannot be read is nothing to go back to: the group stays as it is instead. */
function objectsOf(secrets: readonly Secret[], key: string): Map<string, GoodObject> {
  const partOf = ({ metadata }: Secret): number => Number(/^ordo-good-\d+-(\d+)$/.exec(metadata.name)?.[1] ?? 0);
  const sorted = [...secrets].sort((a, b) => partOf(a) - partOf(b));
  const count = Number(sorted[0]?.metadata.annotations?.[PARTS] ?? 0);
  if (count === 0 || sorted.length < count) return new Map();
  try {
    const parts = sorted.slice(0, count).map(({ data }) => Buffer.from(data?.part ?? '', 'base64'));
    const good = GoodGroup.parse(fromParts(parts));
    return good.key === key ? new Map(Object.entries(good.objects)) : new Map();
  } catch {
    return new Map();
  }
}
