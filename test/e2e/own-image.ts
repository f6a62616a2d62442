import { createHash } from 'node:crypto';
import { Agent, request } from 'undici';
import type { World } from './world.ts';

const REPOSITORY = 'acme/ordo';
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
  const dispatcher = new Agent({ connect: { ca: world.authority.ca } });
  try {
    const { token } = (await read(
      `${world.registry.url}/token?service=ghcr.io&scope=repository:${REPOSITORY}:pull`,
    )) as {
      token: string;
    };
    const root = `${world.registry.url}/v2/${REPOSITORY}`;
    const manifest = (await read(`${root}/manifests/${from}`, token)) as { mediaType: string; config: Blob };
    const config = (await read(`${root}/blobs/${manifest.config.digest}`, token)) as { config: { Labels?: object } };
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
  } finally {
    await dispatcher.close();
  }

  async function read(url: string, token?: string): Promise<unknown> {
    const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
    const headers = { accept, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    return (await request(url, { dispatcher, headers })).body.json();
  }
}

interface Blob {
  digest: string;
  size: number;
}
