import { setTimeout as sleep } from 'node:timers/promises';

interface UntilOptions {
  seconds?: number;
  /** What to say when it does not come true. */
  explain?: () => Promise<string>;
}

const PAUSE_MS = 150;

/**
 * Looks until the answer is truthy and gives it back; a test waits for states, never for time. A look that takes long (a
 * command in a pod) is followed by as long a pause: it takes the processor from what it waits for.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T>,
  { seconds = 60, explain = async () => '' }: UntilOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const begin = performance.now();
    const seen = await look();
    if (seen) return seen as Exclude<T, undefined | false>;
    const now = performance.now();
    if (now > end) throw new Error(`waited ${seconds} s in vain for ${what}\n${await explain()}`);
    await sleep(Math.max(PAUSE_MS, now - begin));
  }
}
