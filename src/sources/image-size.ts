import * as z from 'zod';
import { known, unknown, type Known } from '../domain/known.ts';
import type { HttpAnswer } from './http.ts';
import { childrenFor } from './image-index.ts';

export interface SizedImage {
  /** `HOST/PATH:TAG` */
  image: string;
  digest: string;
  /** `linux/arm64` */
  platforms: ReadonlySet<string>;
}

const ImageManifest = z.object({ layers: z.array(z.object({ size: z.number().nonnegative() })) });

/** So many digests are remembered; a device has a handful. */
const MOST = 200;

/**
 * What images weigh: the sum of their layers as they are pulled, in bytes; of an index that of the largest child that one of
 * the platforms could run. Answers are kept, because what a digest names never changes.
 */
export function createSizes() {
  const sizes = new Map<string, number>();

  return async function sizeOf(
    { digest, platforms }: SizedImage,
    ask: (digest: string) => Promise<HttpAnswer>,
  ): Promise<Known<number>> {
    const before = sizes.get(digest);
    if (before !== undefined) return known(before);
    const manifest = await manifestOf(digest);
    if (!manifest.known) return manifest;
    const children = childrenFor(manifest.value, platforms);
    const manifests = children === undefined ? [manifest] : await Promise.all(children.map(manifestOf));
    const found = manifests.map((one) => (one.known ? ImageManifest.safeParse(one.value).data : undefined));
    if (found.length === 0 || found.some((one) => one === undefined)) return unknown(`${digest} does not say its size`);
    const size = Math.max(...found.map((one) => (one?.layers ?? []).reduce((sum, layer) => sum + layer.size, 0)));
    if (sizes.size >= MOST) sizes.clear();
    sizes.set(digest, size);
    return known(size);

    async function manifestOf(wanted: string): Promise<Known<unknown>> {
      const response = await ask(wanted);
      if (response.status !== 200) return unknown(`the registry answered ${response.status} for ${wanted}`);
      return known((await response.json().catch(() => undefined)) as unknown);
    }
  };
}
