import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remember } from './durations.ts';
import type { Prepared } from './prepare.ts';
import { short, type Tally } from './run-tests.ts';
import { enterWorld } from './world.ts';

const inner = join(import.meta.dirname, 'inner.ts');

/** What became of one test file, and how long it took. */
export interface FileResult {
  file: string;
  tally: Tally;
  /** Whole seconds. */
  took: number;
}

/** What became of all of them. A complaint is about no single file. */
export interface LanesResult {
  results: FileResult[];
  complaints: string[];
}

/**
 * Runs test files in `lanes` worlds side by side; each world takes the next file when it is done with one. The files of
 * one world share its cluster, one after another. The queue is a folder with an entry for each file that waits.
 */
export async function runInLanes(files: readonly string[], lanes: number, prepared: Prepared): Promise<LanesResult> {
  const queue = await mkdtemp(join(tmpdir(), 'ordo-queue-'));
  try {
    await mkdir(join(queue, 'taken'));
    for (const [index, file] of files.entries()) {
      await writeFile(join(queue, String(index).padStart(4, '0')), file);
    }
    const worlds = Array.from({ length: Math.min(lanes, files.length) }, (_, lane) => inLane(queue, lane, prepared));
    const all = await Promise.all(worlds);
    const results = all.flatMap((lane) => lane.results);
    await remember(Object.fromEntries(results.map(({ file, took }) => [short(file), took])));
    const left = (await waiting(queue)).map((entry) => readFile(join(queue, entry), 'utf8'));
    const notRun = (await Promise.all(left)).map((file) => `not run: ${short(file)}`);
    return { results, complaints: [...all.flatMap((lane) => lane.complaints), ...notRun] };
  } finally {
    await rm(queue, { recursive: true });
  }
}

/** The next file, and none twice: of two that rename the same entry only one succeeds. */
export async function takeNext(queue: string): Promise<string | undefined> {
  for (const entry of await waiting(queue)) {
    const taken = join(queue, 'taken', entry);
    try {
      await rename(join(queue, entry), taken);
      return await readFile(taken, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}

/** Where a lane writes what became of its files, as `FileResult[]`. */
export const resultFile = (queue: string, lane: string): string => join(queue, `lane-${lane}.json`);

async function inLane(queue: string, lane: number, prepared: Prepared): Promise<LanesResult> {
  const code = await enterWorld([inner, queue, String(lane)], prepared);
  if (code !== 0) return { results: [], complaints: [`world ${lane} ended with ${code}`] };
  const results = JSON.parse(await readFile(resultFile(queue, String(lane)), 'utf8')) as FileResult[];
  return { results, complaints: [] };
}

const waiting = async (queue: string): Promise<string[]> =>
  (await readdir(queue)).filter((entry) => /^\d+$/.test(entry)).sort();
