import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, unknown, type Known } from '../../src/domain/known.ts';
import { newerThan } from '../../src/observe/newer.ts';

const clock = { ms: 0, now: () => new Date(clock.ms), sleep: async () => {} };
const settings = { pollInterval: 20_000 };

test('a commit is newer than what it began with, asked for once per poll interval', async () => {
  let head: Known<string> = known('a');
  let asked = 0;
  const newer = newerThan('a', { head: async () => ((asked += 1), head) }, settings, clock);
  const after = async (seconds: number) => ((clock.ms += seconds * 1000), newer());
  head = known('b');
  assert.deepEqual([await after(19), asked], [undefined, 0]);
  assert.deepEqual([await after(1), asked], ['b', 1]);
  assert.deepEqual([await after(10), asked], [undefined, 1]);
});

test('what is not known is not newer; without a beginning the first one seen is it', async () => {
  const heads = [unknown('GitHub is away'), known('a'), known('a'), known('b')];
  const newer = newerThan(undefined, { head: async () => heads.shift() ?? unknown('') }, settings, clock);
  const seen: unknown[] = [];
  for (let at = 0; at < 4; at += 1) {
    clock.ms += 20_000;
    seen.push(await newer());
  }
  assert.deepEqual(seen, [undefined, undefined, undefined, 'b']);
});
