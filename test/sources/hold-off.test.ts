import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHoldOff } from '../../src/sources/hold-off.ts';

const now = Date.parse('2026-11-21T12:00:00Z');

// Status, headers, seconds of pause; 0: none.
const answers: [number, Record<string, string>, number][] = [
  [200, {}, 0],
  [200, { 'retry-after': '60', 'x-ratelimit-remaining': '0' }, 0],
  [403, {}, 0],
  [403, { 'x-ratelimit-remaining': '4999' }, 0],
  [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 700) }, 700],
  [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 - 5) }, 60],
  [403, { 'x-ratelimit-remaining': '0' }, 60],
  [403, { 'retry-after': '30', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 700) }, 30],
  [429, {}, 60],
  [429, { 'retry-after': '5' }, 5],
  [429, { 'retry-after': 'Sat, 21 Nov 2026 12:02:00 GMT' }, 120],
  [429, { 'retry-after': 'soon' }, 60],
  [429, { 'retry-after': '999999' }, 3600],
  [503, {}, 0],
  [503, { 'retry-after': '10' }, 10],
  [500, { 'retry-after': '10' }, 0],
];

for (const [status, headers, seconds] of answers) {
  test(`${status} ${JSON.stringify(headers)}: ${seconds} s`, () => {
    let at = now;
    const holdOff = createHoldOff({ now: () => new Date(at), sleep: () => Promise.resolve() });
    holdOff.note('a', { status, headers: new Headers(headers) });
    assert.equal(holdOff.until('b'), undefined);
    assert.equal((holdOff.until('a')?.getTime() ?? now) - now, seconds * 1000);
    at += seconds * 1000;
    assert.equal(holdOff.until('a'), undefined);
  });
}
