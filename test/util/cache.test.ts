import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCache } from '../../src/util/cache.ts';

test('the value written longest ago goes when there are too many', () => {
  const cache = createCache<number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  cache.set('a', 3);
  cache.set('c', 4);
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => cache.get(key)),
    [3, undefined, 4],
  );
});
