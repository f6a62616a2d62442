import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { inspect } from 'node:util';

type Result = {
  name: string;
  file?: string;
  skip?: string | boolean;
  todo?: string | boolean;
  details: { type?: string; error?: Error };
};

/** What became of some test files: each test that failed with what it said, and reasons to fail although no test has. */
export interface Tally {
  passed: number;
  failures: string[];
  skipped: number;
  complaints: string[];
  /** What failed, and passed when its file was run again. */
  unsteady?: string[];
}

/** What takes longer hangs: it is ended, and counts as failed. */
const LIMIT_MS = Number(process.env['ORDOTEST_LIMIT_MS'] ?? 15 * 60_000);

/** What is told at the end of what a test said when it failed. */
const REASON_LINES = 25;

/**
 * Runs test files, each in a process of its own and at most `concurrency` at a time. Only when every file has tests and
 * all of them ran and passed there is nothing failed and no complaint. `print` gets the report, piece by piece.
 */
export async function runTests(
  files: readonly string[],
  concurrency: number,
  print: (text: string) => void = (text) => process.stdout.write(text),
): Promise<Tally> {
  const { tally, finished } = await runAll(files, concurrency, print);
  // A file without tests passes, and so does one whose process ends before its tests have.
  for (const file of files) if (!finished.has(file)) tally.complaints.push(notRun(file));
  return tally;
}

const notRun = (file: string): string => `not run to its end, or without a test: ${short(file)}`;

/**
 * The same for many small files, which share as many processes as there are processors: most of what one of them takes is the
 * start of its process. None of them may leave anything behind for the others.
 */
export async function runTogether(files: readonly string[], processes: number): Promise<Tally> {
  const folder = await mkdtemp(join(tmpdir(), 'ordo-unit-'));
  try {
    const count = Math.min(processes, files.length);
    const groups = Array.from({ length: count }, (_, at) => files.filter((_file, index) => index % count === at));
    const entries = groups.map((group, at) => ({ path: join(folder, `group-${at}.test.mjs`), group }));
    for (const { path, group } of entries)
      await writeFile(path, group.map((file) => `await import(${JSON.stringify(file)});\n`).join(''));
    const print = (text: string): void => void process.stdout.write(text);
    const { tally, finished, seen } = await runAll(
      entries.map(({ path }) => path),
      processes,
      print,
    );
    for (const { path, group } of entries)
      for (const file of group) if (!finished.has(path) || !seen.has(file)) tally.complaints.push(notRun(file));
    return tally;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runAll(files: readonly string[], concurrency: number, print: (text: string) => void) {
  const tally: Tally = { passed: 0, failures: [], skipped: 0, complaints: [] };
  /** Whose process has ended with its tests. */
  const finished = new Set<string>();
  /** That had a test. */
  const seen = new Set<string>();
  const events = run({ files, isolation: 'process', concurrency, signal: AbortSignal.timeout(LIMIT_MS) });
  events.on('test:pass', (result) => note(result, true)).on('test:fail', (result) => note(result, false));
  events.on('test:summary', ({ file }) => file !== undefined && finished.add(file));
  for await (const text of events.compose(spec)) print(text as string);
  return { tally, finished, seen };

  function note({ name, file, skip, todo, details }: Result, passed: boolean): void {
    if (file !== undefined) seen.add(file);
    // A file counts as a test of its own where it has none or could not be loaded, a suite only by its tests.
    if (details.type === 'suite' || (name === file && passed)) return;
    const left = isSet(skip) ? 'skipped' : isSet(todo) ? 'todo' : undefined;
    const where = `${name} (${short(file ?? '')})`;
    if (left !== undefined) {
      tally.skipped += 1;
      tally.complaints.push(`${left}: ${where}`);
    } else if (passed) tally.passed += 1;
    else tally.failures.push(`failed: ${where}\n${reason(details.error)}`);
  }
}

// A long run has this far above its end, where a log that keeps only its end has it no more.
function reason(error: Error | undefined): string {
  const lines = inspect(error?.cause ?? error).split('\n');
  return lines
    .slice(0, REASON_LINES)
    .map((line) => `  ${line.slice(0, 400)}`)
    .join('\n');
}

/** Prints what failed and what else there is to complain about, then the count, and answers with the exit code. */
export function conclude(tallies: readonly Tally[]): number {
  const sum = (what: 'passed' | 'skipped'): number => tallies.reduce((all, one) => all + one[what], 0);
  const failures = tallies.flatMap((one) => one.failures);
  const complaints = tallies.flatMap((one) => one.complaints);
  if (sum('passed') + failures.length === 0) complaints.push('no test ran');
  const unsteady = tallies.flatMap((one) => one.unsteady ?? []);
  for (const line of unsteady) console.log(`passed when its file was run again, at first it ${line}`);
  for (const line of [...failures, ...complaints]) console.log(line);
  const later = unsteady.length > 0 ? ` (${unsteady.length} only when run again)` : '';
  console.log(`${sum('passed')} passed${later}, ${failures.length} failed, ${sum('skipped')} skipped`);
  return failures.length === 0 && complaints.length === 0 ? 0 : 1;
}

// An empty reason is a reason too.
function isSet(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false;
}

export function short(file: string): string {
  return relative(process.cwd(), file);
}
