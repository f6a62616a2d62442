import { setTimeout as sleep } from 'node:timers/promises';

interface UntilOptions {
  seconds?: number;
  /** What to say when it does not come true. */
  explain?: () => Promise<string>;
}

/** Looks until the answer is truthy and gives it back; a test waits for states, never for time. */
export async function until<T>(
  what: string,
  look: () => Promise<T>,
  { seconds = 60, explain = async () => '' }: UntilOptions = {},
): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen) return seen as Exclude<T, undefined | false>;
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}\n${await explain()}`);
    await sleep(150);
  }
}
