import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationMs } from '../../src/domain/duration.ts';

const rows: [text: string, ms: number][] = [
  ['0s', 0],
  ['1s', 1000],
  ['90s', 90_000],
  ['007s', 7000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['999999999h', 3_599_999_996_400_000],
];
const none = [
  '',
  's',
  '5',
  '5d',
  '5M',
  '5ms',
  '-5m',
  '+5m',
  '1.5h',
  '1e3s',
  ' 5m',
  '5m ',
  '5 m',
  '5m\n',
  '1h30m',
  '1234567890s',
];

test('a duration is a whole number of seconds, minutes or hours', () => {
  assert.deepEqual(
    rows.map(([text]) => [text, durationMs(text)]),
    rows,
  );
  assert.deepEqual(
    none.filter((text) => !Number.isNaN(durationMs(text))),
    [],
  );
});
