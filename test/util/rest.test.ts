import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createRest } from '../../src/util/rest.ts';

test('a rest lasts as long as its work', async () => {
  const rest = createRest();
  await rest.over();
  const work = Promise.withResolvers<string>();
  const during = rest.during(() => work.promise);
  let isOver = false;
  const over = rest.over().then(() => (isOver = true));
  await turn();
  assert.equal(isOver, false);
  work.resolve('done');
  assert.equal(await during, 'done');
  await over;
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
});
