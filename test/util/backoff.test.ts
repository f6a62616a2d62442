import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoff } from '../../src/util/backoff.ts';

test('a pause doubles with each failure up to the most, and its upper half is random', () => {
  const pauses = (random: number) =>
    [1, 2, 3, 4, 5, 99].map((n) => backoff(n, { first: 100, most: 1000, random: () => random }));
  assert.deepEqual(pauses(1), [100, 200, 400, 800, 1000, 1000]);
  assert.deepEqual(pauses(0), [50, 100, 200, 400, 500, 500]);
});

test('whatever goes in, a pause is between half of the first and the most', () => {
  const number = fc.integer({ min: -5, max: 1e9 });
  fc.assert(
    fc.property(
      number,
      fc.integer({ min: 1, max: 1e6 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (n, first, at) => {
        const pause = backoff(n, { first, most: first * 50, random: () => at });
        assert.ok(pause >= Math.floor(first / 2) && pause <= first * 50);
      },
    ),
  );
});
