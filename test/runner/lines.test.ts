import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { collectLines } from '../../src/runner/lines.ts';

test('what arrives together is taken from stderr first, lines stay whole, the last needs no line break', async () => {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const lines = collectLines(out, err);
  out.write('pod/a\npo');
  err.write('Warning: of a\n');
  await turn();
  await turn();
  err.write('Warning: of b\n');
  out.write('d/b\n');
  await turn();
  await turn();
  err.end('the en');
  out.end();
  await turn();
  await turn();
  assert.deepEqual(
    lines.map(({ from, text }) => `${from} ${text}`),
    ['err Warning: of a', 'out pod/a', 'err Warning: of b', 'out pod/b', 'err the en'],
  );
});
