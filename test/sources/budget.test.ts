import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBudget } from '../../src/sources/budget.ts';
import { quotaOf, stretchOf } from '../../src/sources/quota.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;
const at = (ms: number): string => new Date(ms).toUTCString();

function budgetAt(begin = now) {
  const clock = { at: begin, now: () => new Date(clock.at), sleep: () => Promise.resolve() };
  return { clock, budget: createBudget(clock) };
}

const github = (remaining: number, resetIn = 3600, more: Record<string, string> = {}): Headers =>
  new Headers({
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(now / 1000 + resetIn),
    ...more,
  });

// Left of 5000, minutes until it is whole again, how many times longer.
const stretches: [number, number, number][] = [
  [5000, 60, 1],
  [2500, 60, 1],
  [1250, 60, 2],
  [500, 60, 5],
  [500, 6, 1],
  [250, 6, 2],
  [1, 60, 2500],
  [0, 60, 2500],
  [0, 0, 1],
];
for (const [remaining, minutes, factor] of stretches) {
  test(`O04 ${remaining} of 5000 left and ${minutes} min to go: the interval is ${factor} times as long`, () => {
    const quota = { limit: 5000, remaining, reset: now + minutes * 60_000, window: HOUR };
    assert.equal(Math.round(stretchOf(quota, now) * 1000) / 1000, factor);
  });
}

test('O04 D41 polls become rarer while the quota runs low, and as set again with the new hour', () => {
  const { clock, budget } = budgetAt();
  assert.equal(budget.interval(20_000), 20_000);
  budget.charge('api.github.com', 'a', { status: 200, headers: github(4000) });
  assert.equal(budget.stretched(20_000), undefined);
  budget.charge('api.github.com', 'a', { status: 200, headers: github(500) });
  assert.equal(budget.interval(20_000), 100_000);
  assert.equal(
    budget.stretched(20_000),
    'polls every 100 s instead of 20 s: 500 of 5000 requests are left at api.github.com until 2026-11-21T13:00:00.000Z; do others use the same token?',
  );
  budget.charge('api.github.com', 'a', { status: 200, headers: github(1) });
  assert.equal(budget.interval(20_000), 600_000, 'not beyond ten minutes');
  assert.equal(budget.interval(900_000), 900_000, 'never below what is set');
  clock.at += HOUR - 30_000;
  budget.charge('api.github.com', 'a', { status: 304, headers: github(1) });
  assert.ok(budget.interval(20_000) <= 30_000, 'not beyond the new hour');
  clock.at += 30_000;
  assert.equal(budget.interval(20_000), 20_000);
});

test('O04 the quota of a token that is not used any more is forgotten', () => {
  const { clock, budget } = budgetAt();
  budget.charge('api.github.com', 'old', { status: 200, headers: github(10) });
  assert.ok(budget.interval(20_000) > 20_000);
  clock.at += 26 * 60_000;
  assert.equal(budget.interval(20_000), 20_000);
  assert.deepEqual(budget.numbers().quotas, []);
});

test('O04 what was asked is counted by host and answer, 304 apart; pauses are told', () => {
  const { budget } = budgetAt();
  for (const status of [200, 304, 304, 404, 502]) budget.charge('a', 'x', { status, headers: new Headers() });
  budget.charge('a', 'x', undefined);
  budget.chargeGit('b', true);
  budget.chargeGit('b', false);
  budget.charge('c', 'x', { status: 429, headers: new Headers({ 'retry-after': '30' }) });
  const { requests, pauses } = budget.numbers();
  assert.deepEqual(
    requests.map(({ host, result, count }) => `${host} ${result} ${count}`),
    ['a 2xx 1', 'a 304 2', 'a 4xx 1', 'a 5xx 1', 'a none 1', 'b git 1', 'b git-failed 1', 'c 4xx 1'],
  );
  assert.deepEqual(pauses, [{ host: 'c', until: now + 30_000 }]);
  assert.equal(budget.pause('c', 'y'), undefined, 'another token may');
});

test('O04 a limit that does not say for how long: a minute, and twice as long each time', () => {
  const { clock, budget } = budgetAt();
  const pauses = Array.from({ length: 8 }, () => {
    budget.charge('a', 'x', { status: 403, headers: new Headers(), speaksOfLimit: true });
    const begin = clock.at;
    clock.at = budget.pause('a', 'x')?.getTime() ?? clock.at;
    return (clock.at - begin) / 60_000;
  });
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
  budget.charge('a', 'x', { status: 200, headers: new Headers() });
  budget.charge('a', 'x', { status: 429, headers: new Headers() });
  assert.equal((budget.pause('a', 'x')?.getTime() ?? 0) - clock.at, 60_000);
});

test('O04 times are by the host’s clock: one here that is years off neither waits for ever nor asks too early', () => {
  for (const skew of [-30 * 365 * 24 * HOUR, -7 * HOUR, 7 * HOUR]) {
    const { clock, budget } = budgetAt(now - skew);
    budget.charge('a', 'x', { status: 403, headers: github(0, 700, { date: at(now) }) });
    assert.equal((budget.pause('a', 'x')?.getTime() ?? 0) - clock.at, 700_000);
    assert.deepEqual(budget.numbers().ahead, [{ host: 'a', ms: skew }]);
    assert.match(budget.wrongClock() ?? '', skew > 0 ? /^the clock here is 420 min behind that of a/ : /ahead of/);
    budget.charge('a', 'x', { status: 200, headers: new Headers({ date: at(clock.at) }) });
    assert.equal(budget.wrongClock(), undefined);
    const later = { 'retry-after': at(now + 90_000), date: at(now) };
    budget.charge('b', 'x', { status: 503, headers: new Headers(later) });
    assert.equal((budget.pause('b', 'x')?.getTime() ?? 0) - clock.at, 90_000);
    assert.equal(quotaOf(github(10, 700, { date: at(now) }), clock.at)?.reset, clock.at + 700_000);
  }
});

test('O04 Docker Hub counts in another way; rubbish is no quota', () => {
  const headers = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '25;w=21600' };
  assert.deepEqual(quotaOf(new Headers(headers), now), {
    ...{ limit: 100, remaining: 25, reset: now + 21_600_000, window: 21_600_000 },
  });
  for (const odd of [
    {},
    { 'x-ratelimit-limit': '0', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
    { 'x-ratelimit-limit': 'many', 'x-ratelimit-remaining': '-1', 'x-ratelimit-reset': 'soon' },
    { 'ratelimit-limit': '100', 'ratelimit-remaining': '25' },
  ]) {
    assert.equal(quotaOf(new Headers(odd as Record<string, string>), now), undefined);
  }
});
