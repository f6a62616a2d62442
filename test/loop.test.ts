import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heartbeat, loop, untilDone } from '../src/loop.ts';
import type { PassResult } from '../src/controller.ts';
import { createBell } from '../src/util/bell.ts';

/** Runs the loop over these results with a clock that does not wait; answers with its pauses in milliseconds. */
async function pausesOf(results: PassResult[], interval = 1000, random = 0.5): Promise<number[]> {
  const stop = new AbortController();
  const pauses: number[] = [];
  const left = [...results];
  const clock = {
    now: () => new Date(),
    sleep: async (ms: number) => {
      pauses.push(ms);
      if (left.length === 0) stop.abort();
    },
  };
  const pass = async (): Promise<PassResult> => left.shift() ?? 'idle';
  await loop(pass, { interval: () => interval, clock, random: () => random, bell: createBell(), signal: stop.signal });
  return pauses;
}

test('a pass follows after the poll interval, and at once after a rollout', async () => {
  assert.deepEqual(await pausesOf(['idle', 'done', 'failed']), [1000, 0, 1000]);
});

test('many devices do not poll in step: a tenth more or less', async () => {
  assert.deepEqual(await pausesOf(['idle'], 1000, 0), [900]);
  assert.deepEqual(await pausesOf(['idle'], 1000, 1), [1100]);
});

test('while the outside is not known the pauses grow, up to ten minutes, and start anew when it answers', async () => {
  const pauses = await pausesOf([...Array.from({ length: 20 }, () => 'unknown' as const), 'idle', 'unknown'], 1000, 1);
  assert.deepEqual(pauses.slice(0, 4), [1100, 2000, 4000, 8000]);
  assert.equal(Math.max(...pauses), 600_000);
  assert.deepEqual(pauses.slice(-2), [1100, 1100]);
});

test('a ring cuts the pause short, and one during a pass the pause after it; each brings one pass', async () => {
  const stop = new AbortController();
  const bell = createBell();
  const cut: boolean[] = [];
  const clock = {
    now: () => new Date(),
    sleep: async (_: number, signal: AbortSignal) => {
      if (cut.length === 0) bell.ring();
      cut.push(signal.aborted);
      if (cut.length === 4) stop.abort();
    },
  };
  let passes = 0;
  const pass = async (): Promise<PassResult> => {
    if ((passes += 1) === 3) bell.ring();
    return 'idle';
  };
  await loop(pass, { interval: () => 1000, clock, random: () => 0.5, bell, signal: stop.signal });
  assert.deepEqual(cut, [true, false, true, false]);
});

test('once: one pass after another without a pause, until there is nothing to do, or it failed, or is not known', async () => {
  for (const last of ['idle', 'failed', 'unknown'] as const) {
    const left: PassResult[] = ['done', 'done', last, 'done'];
    const pass = async (): Promise<PassResult> => left.shift() ?? 'idle';
    assert.equal(await untilDone(pass, new AbortController().signal), last);
    assert.equal(left.length, 1);
  }
});

test('once: a signal ends it after the pass in hand, and it was not done', async () => {
  const stop = new AbortController();
  let passes = 0;
  const pass = async (): Promise<PassResult> => {
    if ((passes += 1) === 2) stop.abort();
    return passes === 2 ? 'idle' : 'done';
  };
  assert.equal(await untilDone(pass, stop.signal), 'stopped');
  assert.equal(passes, 2);
});

test('alive means that the timer fired within three intervals, at least two minutes', () => {
  const stop = new AbortController();
  let now = 0;
  const clock = { now: () => new Date(now), sleep: async () => undefined };
  const alive = heartbeat({ clock, signal: stop.signal });
  stop.abort();
  now = 119_000;
  assert.equal(alive(1000), true);
  now = 121_000;
  assert.equal(alive(1000), false);
  assert.equal(alive(60_000), true);
});
