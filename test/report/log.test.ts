import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../../src/report/log.ts';
import type { LogOptions } from '../../src/report/log.ts';
import { ExternalError } from '../../src/util/errors.ts';

function collect(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({ format: 'json', out: { write: (line) => void lines.push(line) }, ...options });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

test('an event is one line of JSON: time, level, constant message, fields', () => {
  const { log, lines, last } = collect();
  log.child({ pass: 7 }).info({ commit: 'abc' }, 'a new commit');
  const { time, ...rest } = last();
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, { level: 'info', pass: 7, commit: 'abc', msg: 'a new commit' });
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.endsWith('}\n'));
});

test('no line holds a token: not by its field, not by its look, not by its value, also after a rotation', () => {
  let secrets = ['plain-secret-1'];
  const { log, lines } = collect({ secrets: () => secrets });
  log.info(
    { token: 'hidden1', request: { authorization: 'hidden2', headers: { x: 'hidden3' }, body: 'hidden4' } },
    'fields',
  );
  log.info({ why: 'ghp_16C7e42F292c6912E7710c838347Ae178B4a' }, 'said ghp_16C7e42F292c6912E7710c838347Ae178B4a');
  log.warn({ why: 'x plain-secret-1 y', err: new Error('with plain-secret-1') }, 'by value');
  secrets = ['plain-secret-2'];
  log.warn({ why: 'x plain-secret-2 y' }, 'rotated');
  assert.doesNotMatch(lines.join(''), /hidden|ghp_16|plain-secret/);
  assert.equal(lines.length, 4);
  for (const line of lines) JSON.parse(line);
});

test('an error is logged without what came over the wire', () => {
  const { log, lines, last } = collect();
  const answer = Object.assign(new Error('HTTP-Code: 403 body: {"data":"private"}\nheaders: private'), {
    code: 403,
    body: 'private',
    headers: { cookie: 'private' },
  });
  log.error({ err: new ExternalError('the API server refused', { cause: answer }) }, 'pass failed');
  assert.doesNotMatch(lines.join(''), /private/);
  const { at, ...err } = last()['err'] as Record<string, unknown>;
  assert.match(String(at), /log\.test\.ts/);
  assert.deepEqual(err, {
    type: 'ExternalError',
    message: 'the API server refused',
    cause: { type: 'Error', message: 'HTTP 403', code: 403 },
  });
});

test('pretty: one line for people, whatever is in the fields', () => {
  const { log, lines } = collect({ format: 'pretty', secrets: () => ['plain-secret-1'] });
  log.warn(
    { path: 'deploy/1-a/10-b.yml', odd: 'a\n12:00 ERROR \u001b[31mfake "x"', n: 2, list: ['plain-secret-1'] },
    'a file\nis odd',
  );
  assert.match(
    lines.join(''),
    /^\d\d:\d\d:\d\d\.\d{3} WARN  a file\\nis odd  path=deploy\/1-a\/10-b\.yml  odd="a\\n12:00 ERROR \\u001b\[31mfake \\"x\\""  n=2  list=\["\[redacted\]"\]\n$/,
  );
});
