import * as z from 'zod';

const ImageIndex = z.object({
  manifests: z.array(
    z.object({
      digest: z.string(),
      platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
    }),
  ),
});

/**
 * The digests under an index that nodes of these platforms (`linux/arm64`) could run, sorted; a child that names no
 * platform counts for all. Undefined: not an index.
 */
export function childrenFor(manifest: unknown, platforms: ReadonlySet<string>): string[] | undefined {
  const parsed = ImageIndex.safeParse(manifest);
  if (!parsed.success) return undefined;
  return parsed.data.manifests
    .filter(({ platform }) => platform === undefined || platforms.has(`${platform.os}/${platform.architecture}`))
    .map(({ digest }) => digest)
    .sort();
}
