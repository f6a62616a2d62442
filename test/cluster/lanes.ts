import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remember, type Durations } from './durations.ts';
import type { Prepared } from './prepare.ts';
import { short, type Tally } from './run-tests.ts';
import { enterWorld } from './world.ts';

const inner = join(import.meta.dirname, 'inner.ts');

/**
 * Runs test files in `lanes` worlds side by side; each world takes the next file when it is done with one. The files of
 * one world share its cluster, one after another. The queue is a folder with an entry for each file that waits.
 */
export async function runInLanes(files: readonly string[], lanes: number, prepared: Prepared): Promise<Tally[]> {
  const queue = await mkdtemp(join(tmpdir(), 'ordo-queue-'));
  try {
    await mkdir(join(queue, 'taken'));
    for (const [index, file] of files.entries()) {
      await writeFile(join(queue, String(index).padStart(4, '0')), file);
    }
    const worlds = Array.from({ length: Math.min(lanes, files.length) }, (_, lane) => inLane(queue, lane, prepared));
    const results = await Promise.all(worlds);
    await remember(Object.assign({}, ...results.map(({ durations }) => durations)) as Durations);
    const left = (await waiting(queue)).map((entry) => readFile(join(queue, entry), 'utf8'));
    return [
      ...results.flatMap(({ tallies }) => tallies),
      complaint((await Promise.all(left)).map((file) => `not run: ${short(file)}`)),
    ];
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

/** What became of a lane's files, and how long each took. */
export interface LaneResult {
  tallies: Tally[];
  durations: Durations;
}

/** Where a lane writes it. */
export const resultFile = (queue: string, lane: string): string => join(queue, `lane-${lane}.json`);

async function inLane(queue: string, lane: number, prepared: Prepared): Promise<LaneResult> {
  const code = await enterWorld([inner, queue, String(lane)], prepared);
  if (code !== 0) return { tallies: [complaint([`world ${lane} ended with ${code}`])], durations: {} };
  return JSON.parse(await readFile(resultFile(queue, String(lane)), 'utf8')) as LaneResult;
}

const waiting = async (queue: string): Promise<string[]> =>
  (await readdir(queue)).filter((entry) => /^\d+$/.test(entry)).sort();

const complaint = (complaints: string[]): Tally => ({ passed: 0, failures: [], skipped: 0, complaints });
