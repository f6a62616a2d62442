import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createRest } from '../../src/util/rest.ts';

test('a rest lasts as long as its work, and is told at its beginning', async () => {
  const rest = createRest();
  const first = rest.beginning();
  await rest.over();
  const work = Promise.withResolvers<string>();
  const during = rest.during(() => work.promise);
  assert.equal(first.aborted, true);
  let isOver = false;
  const over = rest.over().then(() => (isOver = true));
  await turn();
  assert.equal(isOver, false);
  work.resolve('done');
  assert.equal(await during, 'done');
  await over;
  assert.equal(rest.beginning().aborted, false);
});

test('a rest is over when its work fails', async () => {
  const rest = createRest();
  await assert.rejects(
    rest.during(async () => {
      throw new Error('no');
    }),
    /^Error: no$/,
  );
  await rest.over();
  assert.equal(rest.beginning().aborted, false);
});
