import { relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

type Result = {
  name: string;
  file?: string;
  skip?: string | boolean;
  todo?: string | boolean;
  details: { type?: string };
};

/**
 * Runs test files, each in a process of its own and at most `concurrency` at a time, and answers with the exit code: 0 only
 * when every file has tests and all of them ran and passed. The last line on standard output counts them.
 */
export async function runTests(files: string[], concurrency: number): Promise<number> {
  const complaints: string[] = [];
  const finished = new Set<string>();
  const count = { passed: 0, failed: 0, skipped: 0 };
  const events = run({ files, isolation: 'process', concurrency });
  events.on('test:pass', (result) => note(result, 'passed')).on('test:fail', (result) => note(result, 'failed'));
  events.on('test:summary', ({ file }) => file !== undefined && finished.add(file));
  for await (const text of events.compose(spec)) process.stdout.write(text as string);
  // A file without tests passes, and so does one whose process ends before its tests have.
  for (const file of files)
    if (!finished.has(file)) complaints.push(`not run to its end, or without a test: ${short(file)}`);
  if (count.passed + count.failed === 0) complaints.push('no test ran');

  for (const complaint of complaints) console.log(complaint);
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  return count.failed === 0 && complaints.length === 0 ? 0 : 1;

  function note({ name, file, skip, todo, details }: Result, outcome: 'passed' | 'failed'): void {
    // A file counts as a test of its own where it has none or could not be loaded, a suite only by its tests.
    if (details.type === 'suite' || (name === file && outcome === 'passed')) return;
    const left = isSet(skip) ? 'skipped' : isSet(todo) ? 'todo' : undefined;
    count[left === undefined ? outcome : 'skipped'] += 1;
    if (left !== undefined) complaints.push(`${left}: ${name} (${short(file ?? '')})`);
  }
}

// An empty reason is a reason too.
function isSet(mark: string | boolean | undefined): boolean {
  return mark !== undefined && mark !== false;
}

function short(file: string): string {
  return relative(process.cwd(), file);
}
