import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

// progress.c of git: a title and a percentage with a count; and what has come, unless it is all of one object.
const LINE = /(?:Receiving|Unpacking) objects: +\d+% \(\d+\/\d+\)/g;

/** The newest progress in what git wrote to standard error: `Receiving objects:  43% (430/1000)`. */
export function progressOf(written: string): string | undefined {
  return [...written.matchAll(LINE)].at(-1)?.[0];
}

/** One command of git that talks to a host. */
export interface FetchWatch {
  listen(errors: NodeJS.ReadableStream): void;
  /** Aborted when more came than may, or nothing for too long. */
  limit: AbortSignal;
  /** Why it was aborted. */
  why(): 'too much' | 'stalled' | undefined;
  /** What is worth telling while it runs. */
  said(): string | undefined;
  /** For the end of a sentence about its failure: how far it had come. */
  soFar(): string;
  end(): void;
}

export interface WatchOptions {
  host: string;
  /** The repository's folder, where git puts what comes. */
  directory: string;
  /** Bytes that may come. */
  most: number;
  /** Milliseconds in which something has to come, or git has to say something. */
  stall: number;
  /** Told now and then while it takes long. */
  report: ((progress: string) => void) | undefined;
}

/** What takes less is not worth a word. */
const QUICK_MS = 3000;
const REPORT_MS = 15_000;

/** Looks at what comes, by the size of the growing pack: git itself says nothing while one large object is on its way. */
export function watchFetch({ host, directory, most, stall, report }: WatchOptions): FetchWatch {
  // A device may learn the time while it fetches: what has passed is not told by its clock.
  const begin = performance.now();
  const since = new Date();
  const stop = new AbortController();
  let why: 'too much' | 'stalled' | undefined;
  let progress: string | undefined;
  let bytes = 0;
  let heard = begin;
  let reported = begin;
  const timer = setInterval(() => void look(), Math.min(1000, stall / 4));
  return { listen, limit: stop.signal, why: () => why, said, soFar, end: () => clearInterval(timer) };

  function listen(errors: NodeJS.ReadableStream): void {
    errors.on('data', (chunk: Buffer) => {
      heard = performance.now();
      progress = progressOf(chunk.toString('latin1')) ?? progress;
    });
  }

  async function look(): Promise<void> {
    const now = await growingBytes(directory);
    if (now !== bytes) heard = performance.now();
    bytes = now;
    if (bytes > most) giveUp('too much');
    else if (performance.now() - heard > stall) giveUp('stalled');
    const text = said();
    if (text === undefined || performance.now() - reported < REPORT_MS) return;
    reported = performance.now();
    report?.(text);
  }

  function giveUp(reason: 'too much' | 'stalled'): void {
    why ??= reason;
    stop.abort();
  }

  function said(): string | undefined {
    if (performance.now() - begin < QUICK_MS) return undefined;
    return `git fetches from ${host} since ${since.toISOString()}: ${state()}`;
  }

  function soFar(): string {
    return bytes === 0 && progress === undefined ? '' : ` (${state()})`;
  }

  function state(): string {
    const came = bytes === 0 ? 'nothing came yet' : `${(bytes / 1024 / 1024).toFixed(1)} MiB came`;
    return progress === undefined ? came : `${progress}, ${came}`;
  }
}

/** Bytes of the packs that are not whole yet. */
async function growingBytes(directory: string): Promise<number> {
  const folder = join(directory, 'objects', 'pack');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith('tmp_'));
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
