import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestOf, ofCommits, pushToLive, withUnchanged, type HistoryEntry } from '../../src/domain/history.ts';

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

const words = { commit: 'words', seen: '2026-01-01T00:00:00.000Z' };

test('J11 a commit that changed nothing stands with the rollout before it, once', () => {
  const before = [entry(2, 1), entry(1, 1)];
  const noted = withUnchanged(before, words);
  assert.deepEqual(noted, [{ ...entry(2, 1), unchanged: [words] }, entry(1, 1)]);
  assert.equal(withUnchanged(noted ?? [], words), undefined);
  const more = { ...words, commit: 'more' };
  assert.deepEqual(withUnchanged(noted ?? [], more)?.[0]?.unchanged, [more, words]);
  assert.equal(withUnchanged(before, { ...words, commit: 'c' }), undefined);
  assert.equal(withUnchanged([], words), undefined);
});

test('J10 from the push to live: for the rollout that made the commit live, and for no other', () => {
  const about = { author: 'a', subject: 's', committed: '2026-01-01T00:00:00.000Z' };
  const done = { ...entry(2, 1), about, end: '2026-01-01T00:00:41.600Z' };
  assert.equal(pushToLive(done, []), 42);
  assert.equal(pushToLive(done, [{ ...entry(1, 1), state: 'failed' }]), 42);
  assert.equal(pushToLive(done, [entry(1, 1)]), undefined);
  assert.equal(pushToLive({ ...done, state: 'failed' }, []), undefined);
  assert.equal(pushToLive(entry(2, 1), []), undefined);
  // The clock of who commits may be ahead.
  assert.equal(pushToLive({ ...done, end: '2025-12-31T23:59:00.000Z' }, []), 0);
});

test('R06 restarts come from no commit: they make none live, and hide no failure', () => {
  const restarts = { ...entry(3, 1), restarts: true as const };
  const failed = { ...entry(2, 1), state: 'failed' as const };
  assert.deepEqual(ofCommits([restarts, failed]), [failed]);
  const about = { author: 'a', subject: 's', committed: '2026-01-01T00:00:00.000Z' };
  const done = { ...entry(4, 1), about, end: '2026-01-01T00:00:05.000Z' };
  assert.equal(pushToLive(done, [restarts, failed]), 5);
});
