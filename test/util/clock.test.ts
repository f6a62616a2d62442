import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/util/clock.ts';

test('a sleep ends by itself, or with the reason of the signal', async () => {
  const begin = performance.now();
  await systemClock.sleep(20, new AbortController().signal);
  assert.ok(performance.now() - begin >= 15);

  const stop = new AbortController();
  const long = systemClock.sleep(60_000, stop.signal);
  stop.abort(new Error('stopping'));
  await assert.rejects(long, /^Error: stopping$/);
  await assert.rejects(systemClock.sleep(60_000, stop.signal), /^Error: stopping$/);
});
