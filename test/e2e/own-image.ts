import { createHash } from 'node:crypto';
import { Agent, request } from 'undici';
import type { World } from './world.ts';

const REPOSITORY = 'acme/ordo';
const ACCEPT = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export interface OwnImage {
  /** A tag, or the digest of an image that was pushed before. */
  from?: string;
  /** In place of Ordo: a program that is in its image too. */
  entrypoint?: readonly string[];
}

/**
 * Pushes Ordo's own image once more with a label of this version: the same programs under another digest, which is the
 * answer. Equal calls give equal digests.
 */
export async function pushOrdo(
  world: World,
  version: string,
  { from = 'main', entrypoint }: OwnImage = {},
): Promise<string> {
  return inRegistry(world, async (read) => {
    const manifest = (await read(`manifests/${from}`)).body as { mediaType: string; config: Blob };
    const config = (await read(`blobs/${manifest.config.digest}`)).body as { config: { Labels?: object } };
    const Labels = { ...config.config.Labels, version };
    const changed = {
      ...config,
      config: { ...config.config, Labels, ...(entrypoint && { Entrypoint: entrypoint }) },
    };
    const blob = Buffer.from(JSON.stringify(changed));
    const descriptor = { ...manifest.config, digest: digestOf(blob), size: blob.length };
    const bytes = Buffer.from(JSON.stringify({ ...manifest, config: descriptor }));
    const index = { digest: digestOf(bytes), mediaType: manifest.mediaType, bytes };
    const blobs = new Map([[descriptor.digest, blob]]);
    await world.registry.push({ repository: REPOSITORY, tag: 'main', index, manifests: [], blobs });
    return index.digest;
  });
}

/** Ordo's own image as it names it in the cluster: an install with the digest spares it its first restart. */
export function pinnedOrdo(world: World): Promise<string> {
  return inRegistry(world, async (read) => `${world.image}@${(await read('manifests/main')).digest}`);
}

type Read = (path: string) => Promise<{ body: unknown; digest: string }>;

async function inRegistry<T>({ authority, registry }: World, work: (read: Read) => Promise<T>): Promise<T> {
  const dispatcher = new Agent({ connect: { ca: authority.ca } });
  const get = (path: string, headers = {}) => request(`${registry.url}/${path}`, { dispatcher, headers });
  try {
    const login = await get(`token?service=ghcr.io&scope=repository:${REPOSITORY}:pull`);
    const { token } = (await login.body.json()) as { token: string };
    return await work(async (path) => {
      const answer = await get(`v2/${REPOSITORY}/${path}`, { accept: ACCEPT, authorization: `Bearer ${token}` });
      return { body: await answer.body.json(), digest: String(answer.headers['docker-content-digest']) };
    });
  } finally {
    await dispatcher.close();
  }
}

interface Blob {
  digest: string;
  size: number;
}
