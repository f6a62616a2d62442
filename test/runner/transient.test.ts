import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PATIENCE_MS, TransientError, withPatience } from '../../src/runner/transient.ts';
import { fakeClock } from './time.ts';

test('a transient cause is waited out with growing pauses, for about a minute', async () => {
  const clock = fakeClock();
  const work = (): Promise<never> => Promise.reject(new TransientError('away'));
  await assert.rejects(withPatience(work, { clock, signal: new AbortController().signal }), TransientError);
  assert.deepEqual(clock.slept.slice(0, 7), [250, 500, 1000, 2000, 4000, 8000, 8000]);
  assert.ok(clock.elapsed() > PATIENCE_MS - 10_000 && clock.elapsed() <= PATIENCE_MS);
});

test('an answer ends the waiting, any other error too, and a stop at once', async () => {
  const clock = fakeClock();
  const stop = new AbortController();
  let calls = 0;
  const twice = async (): Promise<number> => {
    if (++calls < 3) throw new TransientError('away');
    return calls;
  };
  assert.equal(await withPatience(twice, { clock, signal: stop.signal }), 3);
  const wrong = (): Promise<never> => Promise.reject(new Error('wrong'));
  await assert.rejects(withPatience(wrong, { clock, signal: stop.signal }), /^Error: wrong$/);
  stop.abort(new Error('stopping'));
  const away = (): Promise<never> => Promise.reject(new TransientError('away'));
  await assert.rejects(withPatience(away, { clock, signal: stop.signal }), /^Error: stopping$/);
});
