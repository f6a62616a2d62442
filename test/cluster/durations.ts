import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheRoot } from './cache.ts';
import { short } from './run-tests.ts';

/** How long each test file took the last time, in seconds, so that the next run begins with the long ones. */
export type Durations = Record<string, number>;

const file = (): string => join(cacheRoot(), 'test-durations.json');

/** The longest first, so that in the end no world waits long for the other; one that never ran counts as long. */
export async function longestFirst(files: readonly string[]): Promise<string[]> {
  const known = await readDurations();
  const weight = (name: string): number => known[short(name)] ?? (name.includes('/e2e/') ? 300 : 30);
  return files.toSorted((a, b) => weight(b) - weight(a));
}

export async function remember(fresh: Durations): Promise<void> {
  const all = { ...(await readDurations()), ...fresh };
  await mkdir(cacheRoot(), { recursive: true });
  await writeFile(file(), `${JSON.stringify(all, null, 1)}\n`);
}

async function readDurations(): Promise<Durations> {
  try {
    return JSON.parse(await readFile(file(), 'utf8')) as Durations;
  } catch {
    // Nobody ran them here yet.
    return {};
  }
}
