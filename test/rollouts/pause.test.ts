import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { pauseAfterFailure } from '../../src/rollouts/pause.ts';

const MINUTE = 60_000;
const ended = new Date('2026-01-01T12:00:00.000Z');

function entry(state: HistoryEntry['state'], fingerprint: string): HistoryEntry {
  const time = ended.toISOString();
  return { rollout: 1, commit: '', state, seen: time, begin: time, end: time, fingerprint, steps: [] };
}

const failures = (count: number): HistoryEntry[] => Array.from({ length: count }, () => entry('failed', 'same'));

for (const [count, minutes] of [
  [0, 0],
  [1, 1],
  [2, 2],
  [3, 4],
  [4, 8],
  [5, 10],
  [50, 10],
] as const) {
  test(`after ${count} failures in a row the same rollout rests for ${minutes} min`, () => {
    assert.equal(pauseAfterFailure(failures(count), 'same', ended), minutes * MINUTE);
  });
}

test('the pause runs from the end of the last failure, and ends', () => {
  assert.equal(pauseAfterFailure(failures(1), 'same', new Date(ended.getTime() + 0.25 * MINUTE)), 0.75 * MINUTE);
  assert.equal(pauseAfterFailure(failures(1), 'same', new Date(ended.getTime() + 5 * MINUTE)), 0);
});

test('whatever wants something else waits for nothing', () => {
  assert.equal(pauseAfterFailure(failures(3), 'other', ended), 0);
});

test('O10 failures that a person wants to be forgotten do not count', () => {
  const history = [2, 1].map((rollout) => ({ ...entry('failed', 'same'), rollout }));
  assert.equal(pauseAfterFailure(history, 'same', ended, 2), 0);
  assert.equal(pauseAfterFailure(history, 'same', ended, 1), MINUTE);
});

test('a success or another failure in between starts the count anew', () => {
  const done = [entry('failed', 'same'), entry('done', 'same'), ...failures(3)];
  assert.equal(pauseAfterFailure(done, 'same', ended), MINUTE);
  const other = [entry('failed', 'same'), entry('failed', 'other'), ...failures(3)];
  assert.equal(pauseAfterFailure(other, 'same', ended), MINUTE);
});

const failed = (cause?: 'passing'): HistoryEntry => {
  const step = { kind: 'apply', object: 'Deployment/web', source: 'web.yml', state: 'failed' as const };
  return { ...entry('failed', 'same'), steps: [{ ...step, ...(cause && { cause }) }] };
};

test('a definite cause waits for a change however long it takes, a passing one is tried again', () => {
  const later = new Date(ended.getTime() + 600 * MINUTE);
  assert.equal(pauseAfterFailure([failed()], 'same', later), Infinity);
  assert.equal(pauseAfterFailure([failed('passing')], 'same', later), 0);
  assert.equal(pauseAfterFailure([failed('passing')], 'same', ended), MINUTE);
});

test('a rollout that a newer commit ended is no failure', () => {
  assert.equal(pauseAfterFailure([entry('stopped', 'same'), ...failures(3)], 'same', ended), 0);
});

test('devices do not come back all at once, and each at one time, whenever it is asked', () => {
  const prints = Array.from({ length: 100 }, (_, at) =>
    ((at * 0x9e3779b9) >>> 0).toString(16).padStart(8, '0').repeat(4),
  );
  const pauses = prints.map((print) => pauseAfterFailure([entry('failed', print)], print, ended));
  assert.ok(Math.min(...pauses) < 0.6 * MINUTE && Math.max(...pauses) > 0.9 * MINUTE && Math.max(...pauses) <= MINUTE);
  assert.ok(Math.min(...pauses) >= 0.5 * MINUTE);
  const half = new Date(ended.getTime() + 10_000);
  assert.deepEqual(
    prints.map((print) => pauseAfterFailure([entry('failed', print)], print, half) + 10_000),
    pauses,
  );
});
