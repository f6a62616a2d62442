import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEntry } from '../src/domain/history.ts';
import { pauseAfterFailure } from '../src/pause.ts';

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

test('a success or another failure in between starts the count anew', () => {
  const done = [entry('failed', 'same'), entry('done', 'same'), ...failures(3)];
  assert.equal(pauseAfterFailure(done, 'same', ended), MINUTE);
  const other = [entry('failed', 'same'), entry('failed', 'other'), ...failures(3)];
  assert.equal(pauseAfterFailure(other, 'same', ended), MINUTE);
});
