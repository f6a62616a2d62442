import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAgain } from './again.ts';
import type { LanesResult } from './lanes.ts';
import type { Tally } from './run-tests.ts';

const tally = (passed: number, ...failures: string[]): Tally => ({ passed, failures, skipped: 0, complaints: [] });

/** Runs files of which each has the outcomes given for it, one for each time; answers with which ran when, and the sum. */
async function outcome(files: Record<string, Tally[]>, complaints: string[] = []) {
  const runs: string[][] = [];
  const tallies = await runAgain(Object.keys(files), 2, async (some): Promise<LanesResult> => {
    runs.push([...some]);
    const results = some.flatMap((file) => {
      const now = files[file]?.[runs.length - 1];
      return now === undefined ? [] : [{ file, tally: now, took: 1 }];
    });
    return { results, complaints };
  });
  return {
    runs,
    passed: tallies.reduce((sum, one) => sum + one.passed, 0),
    failures: tallies.flatMap((one) => one.failures),
    unsteady: tallies.flatMap((one) => one.unsteady ?? []),
    complaints: tallies.flatMap((one) => one.complaints),
  };
}

test('what passes runs once', async () => {
  const { runs, passed } = await outcome({ a: [tally(2)], b: [tally(3)] });
  assert.deepEqual([runs, passed], [[['a', 'b']], 5]);
});

test('a file that failed runs again by itself; what passes then is told', async () => {
  const seen = await outcome({ a: [tally(2, 'x'), tally(3)], b: [tally(3)] });
  assert.deepEqual(seen, { runs: [['a', 'b'], ['a']], passed: 6, failures: [], unsteady: ['x'], complaints: [] });
});

test('a file that fails twice has failed, by whichever test', async () => {
  const { failures, unsteady } = await outcome({ a: [tally(2, 'x'), tally(2, 'y')] });
  assert.deepEqual([failures, unsteady], [['y'], []]);
});

test('three files that fail are no accident', async () => {
  const { runs, failures } = await outcome({ a: [tally(0, 'x')], b: [tally(0, 'y')], c: [tally(0, 'z')] });
  assert.deepEqual([runs.length, failures], [1, ['x', 'y', 'z']]);
});

test('a world that ended is a reason to fail, the second time too, and a file that did not run again has failed', async () => {
  const { failures, complaints } = await outcome({ a: [tally(1, 'x')] }, ['world 0 ended with 1']);
  assert.deepEqual([failures, complaints], [['x'], ['world 0 ended with 1', 'world 0 ended with 1']]);
});
