import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseAfter } from '../../src/runner/pause.ts';

test('what is waited for is looked at often in the beginning and once a second in the end', () => {
  assert.deepEqual([0, 400, 3_000, 9_000, 60_000].map(pauseAfter), [50, 50, 300, 900, 1_000]);
});
