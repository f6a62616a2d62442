import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { tar, type TarEntry } from './tar.ts';

interface Manifest {
  digest: string;
  mediaType: string;
  bytes: Buffer;
}

/** An image as a registry holds it: an index over one manifest for each platform. */
export interface Image {
  /** Without host: 'acme/shop'. */
  repository: string;
  tag: string;
  index: Manifest;
  manifests: readonly (Manifest & { platform: string })[];
  /** Layers and configurations by digest. */
  blobs: ReadonlyMap<string, Buffer>;
}

export interface ImageOptions {
  /** 'ghcr.io/acme/shop:latest' or 'acme/shop:latest'. */
  name: string;
  /** Content of /version by platform, or one for linux/amd64 and linux/arm64: what tells one image from the next. */
  version: string | Readonly<Record<string, string>>;
  entrypoint: readonly string[];
  /** Further files, by path without the first slash. */
  files?: Readonly<Record<string, string>>;
  /** Numeric user and group, for pods that must not run as root. */
  user?: string;
  /** Adds a child for unknown/unknown as `docker buildx` does for its attestations: another text, another index. */
  attestation?: string;
}

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  // Not compressed: a registry on the same machine gains nothing by it, and digest and diff id are one.
  layer: 'application/vnd.oci.image.layer.v1.tar',
};
const busybox = '/bin/busybox';
const links =
  'sh ash cat cp date echo env false grep head hostname httpd id kill ls mkdir mv nc ping printf ps pwd rm sed sleep stat tail tee test timeout touch tr trap true uname wc wget which'.split(
    ' ',
  );

/**
 * Builds a sample image: Debian's static busybox in one layer that all images share, /version and `files` in another.
 * For arm64 the program is this machine's too: there it can be pulled, not run. Equal options give equal digests.
 */
export async function buildImage(options: ImageOptions): Promise<Image> {
  const [, repository = '', tag = ''] = /^(?:[^/]*[.:][^/]*\/)?([^:]+):([^:]+)$/.exec(options.name) ?? [];
  if (repository === '') throw new Error(`${options.name} has no tag`);
  const { version } = options;
  const versions = typeof version === 'string' ? { 'linux/amd64': version, 'linux/arm64': version } : version;
  const blobs = new Map<string, Buffer>();
  const base = addBlob(types.layer, await busyboxLayer());
  const manifests = Object.entries(versions).map(([platform, text]) => child(platform, text));
  if (options.attestation !== undefined) manifests.push(attestation(options.attestation, manifests[0]?.digest ?? ''));

  const index = manifest(types.index, {
    manifests: manifests.map(({ platform, annotations, ...descriptor }) => {
      const [os, architecture] = platform.split('/');
      return { ...describe(descriptor), platform: { architecture, os }, ...annotations };
    }),
  });
  return { repository, tag, index, manifests, blobs };

  function child(platform: string, text: string) {
    const files = Object.entries({ version: `${text}\n`, ...options.files });
    const layers = [base, addBlob(types.layer, tar(files.map(([path, content]) => file(path, content))))];
    const [os, architecture] = platform.split('/');
    const config = {
      architecture,
      os,
      created: '2026-01-01T00:00:00Z',
      config: { Entrypoint: options.entrypoint, Env: ['PATH=/bin'], User: options.user },
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    };
    const bytes = Buffer.from(JSON.stringify(config));
    return { ...manifest(types.manifest, { config: addBlob(types.config, bytes), layers }), platform, annotations: {} };
  }

  function attestation(text: string, subject: string) {
    const config = addBlob(types.config, Buffer.from('{"architecture":"unknown","os":"unknown"}'));
    const layers = [addBlob('application/vnd.in-toto+json', Buffer.from(JSON.stringify({ text })))];
    const annotations = {
      annotations: {
        'vnd.docker.reference.digest': subject,
        'vnd.docker.reference.type': 'attestation-manifest',
      },
    };
    return { ...manifest(types.manifest, { config, layers }), platform: 'unknown/unknown', annotations };
  }

  function addBlob(mediaType: string, bytes: Buffer) {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return describe({ mediaType, digest, bytes });
  }
}

async function busyboxLayer(): Promise<Buffer> {
  return tar([
    { path: 'bin/', directory: true },
    { path: 'bin/busybox', content: await readFile(busybox), mode: 0o755 },
    ...links.map((name) => ({ path: `bin/${name}`, link: 'busybox' })),
    { path: 'etc/', directory: true },
    file('etc/passwd', 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n'),
    file('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
    { path: 'tmp/', directory: true, mode: 0o1777 },
  ]);
}

function file(path: string, content: string): TarEntry {
  return { path, content: Buffer.from(content) };
}

function manifest(mediaType: string, content: object): Manifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content }));
  return { digest: digestOf(bytes), mediaType, bytes };
}

function describe({ mediaType, digest, bytes }: Manifest) {
  return { mediaType, digest, size: bytes.length };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
