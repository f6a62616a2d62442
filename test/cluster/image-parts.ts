import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ordoImage } from './images.ts';

// What a layer was made by, and what people call it.
const parts: [name: string, madeBy: RegExp][] = [
  ['Debian', /ADD .* in \/ *$/],
  ['Node', /COPY .* in \/usr\/local\/bin\/ *$/],
  ['npm, which is taken out above', /COPY .* in \/usr\/local\/lib\/node_modules\/npm *$/],
  ['git, tini, certificates', /apt-get install/],
  ['kubectl', /COPY .* in \/usr\/local\/bin\/kubectl *$/],
  ['Ordo', /COPY .* in \/opt\/ordo *$/],
];

/** Ordo's image in a docker-registry's root folder: its architecture, and the bytes of each part as they are pulled (gzip). */
export async function imageParts(storage: string): Promise<{ architecture: string; bytes: Record<string, number> }> {
  const [name, tag] = ordoImage.split(':') as [string, string];
  const root = join(storage, 'docker/registry/v2');
  const digest = await readFile(join(root, 'repositories', name, '_manifests/tags', tag, 'current/link'), 'utf8');
  const manifest = await read<{ config: { digest: string }; layers: { size: number }[] }>(root, digest);
  const config = await read<Config>(root, manifest.config.digest);
  const made = config.history.filter(({ empty_layer: isEmpty }) => isEmpty !== true);
  const bytes: Record<string, number> = Object.fromEntries(
    [...parts.map(([part]) => part), 'other'].map((x) => [x, 0]),
  );
  for (const [index, { size }] of manifest.layers.entries()) {
    const madeBy = made[index]?.created_by ?? '';
    const part = parts.find(([, pattern]) => pattern.test(madeBy))?.[0] ?? 'other';
    bytes[part] = (bytes[part] ?? 0) + size;
  }
  return { architecture: config.architecture, bytes };
}

interface Config {
  architecture: string;
  history: { created_by?: string; empty_layer?: boolean }[];
}

async function read<T>(root: string, digest: string): Promise<T> {
  const hex = digest.replace('sha256:', '');
  return JSON.parse(await readFile(join(root, 'blobs/sha256', hex.slice(0, 2), hex, 'data'), 'utf8')) as T;
}
