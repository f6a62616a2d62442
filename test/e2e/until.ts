import { setTimeout as sleep } from 'node:timers/promises';

interface UntilOptions {
  seconds?: number;
  /** What to say when it does not come true. */
  explain?: () => Promise<string>;
}

/** What has to come comes in seconds; a machine with other work may need its time. */
export const PATIENCE_SECONDS = 180;
const PAUSE_MS = 150;
const LONGEST_PAUSE_MS = 500;
/** What was waited for so long is waited for by an eighth of it more. */
const SHARE = 1 / 8;

/**
 * Looks until the answer is truthy and gives it back; a test waits for states, never for time. A look that takes long (a
 * command in a pod) is followed by as long a pause, and looks become rarer: they take the processor from what they wait for.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T>,
  { seconds = PATIENCE_SECONDS, explain = async () => '' }: UntilOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const start = performance.now();
  for (;;) {
    const begin = performance.now();
    const seen = await look();
    if (seen) return seen as Exclude<T, undefined | false>;
    const now = performance.now();
    if (now > start + seconds * 1000) throw new Error(`waited ${seconds} s in vain for ${what}\n${await explain()}`);
    const rarer = Math.min((now - start) * SHARE, LONGEST_PAUSE_MS);
    await sleep(Math.max(PAUSE_MS, now - begin, rarer));
  }
}
