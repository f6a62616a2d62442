import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestOf, type HistoryEntry } from '../../src/domain/history.ts';

function entry(rollout: number, steps: number): HistoryEntry {
  const step = { kind: 'apply', object: 'ConfigMap/shop/web', source: 'deploy/1-a/10-a.yml' };
  const time = '2026-01-01T00:00:00.000Z';
  const times = { seen: time, begin: time };
  return {
    rollout,
    commit: 'c',
    state: 'done',
    ...times,
    fingerprint: '',
    steps: Array.from({ length: steps }, () => step),
  };
}

const kept = (sizes: number[]): number[] =>
  newestOf(sizes.map((size, index) => entry(sizes.length - index, size))).map(({ steps }) => steps.length);

test('the history keeps a hundred rollouts', () => {
  const sizes = Array.from({ length: 120 }, () => 3);
  assert.equal(kept(sizes).length, 100);
});

test('the history keeps fewer rollouts when they were large, and the last one always', () => {
  assert.deepEqual(kept([1000, 4000, 4000, 2000, 1]), [1000, 4000, 4000]);
  assert.deepEqual(kept([20_000, 1]), [20_000]);
});
