import type { Known } from '../domain/known.ts';
import type { Sources } from '../sources.ts';
import type { Clock } from '../util/clock.ts';

/** Remembers since when the registry does not say a digest: what is deployed stays meanwhile, and nobody would see why. */
export function createDigestWatch(clock: Clock) {
  let missing = new Map<string, { since: Date; reason: string }>();
  return { over, count: () => missing.size, said };

  /** The same sources; what is asked of them is noted. */
  function over(sources: Sources): Sources {
    return {
      ...sources,
      async digests(images) {
        const digests = await sources.digests(images);
        note(digests);
        return digests;
      },
    };
  }

  function note(digests: ReadonlyMap<string, Known<string>>): void {
    const now = clock.now();
    const unknown = [...digests].flatMap(([image, digest]) =>
      digest.known ? [] : [[image, { since: missing.get(image)?.since ?? now, reason: digest.reason }] as const],
    );
    missing = new Map(unknown);
  }

  /** One line: the image that is unknown for the longest time, and how many more there are. */
  function said(): string | undefined {
    const [first] = [...missing].toSorted(([, a], [, b]) => a.since.getTime() - b.since.getTime());
    if (first === undefined) return undefined;
    const [image, { since, reason }] = first;
    const more = missing.size > 1 ? ` (and of ${missing.size - 1} more)` : '';
    return `the digest of ${image}${more} is not known since ${since.toISOString()}: ${reason}; what is deployed stays`;
  }
}
