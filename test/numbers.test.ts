import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNumbers } from '../src/numbers.ts';
import { createBudget } from '../src/sources/budget.ts';
import { createStatus } from '../src/report/status.ts';

test('O04 D40 the controller in numbers: requests, quota, interval, what is unknown, rollout, objects, passes', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  const clock = { now: () => new Date(now), sleep: () => Promise.resolve() };
  const budget = createBudget(clock);
  const status = createStatus(clock);
  const numbers = createNumbers({
    ...{ budget, status, settings: () => ({ pollInterval: 20_000 }), digestWatch: { count: () => 3 } },
    interval: () => budget.interval(20_000),
    client: { writes: () => 12 },
  });
  const has = (...lines: string[]): void => {
    const text = numbers.text().split('\n');
    for (const line of lines) assert.ok(text.includes(line), `${line} is not in\n${text.join('\n')}`);
  };
  assert.doesNotMatch(numbers.text(), /rollout_state|unknown_since|quota/);
  const limit = { 'x-ratelimit-limit': '5000', 'x-ratelimit-reset': String(now / 1000 + 3600) };
  for (const remaining of ['500', '4000']) {
    const headers = new Headers({ ...limit, 'x-ratelimit-remaining': remaining });
    budget.charge('api.github.com', remaining, { status: 304, headers });
  }
  numbers.seen({ version: 1, rollout: 7, commit: '', key: '', objects: [object('done'), object('failed')] });
  assert.deepEqual(numbers.images(), ['ghcr.io/acme/web:main']);
  numbers.passed('idle', 1500);
  numbers.passed('idle', 500);
  numbers.passed('failed', 250);
  status.unknown('head commit', 'HTTP 503');
  has(
    'ordo_requests_total{host="api.github.com",result="304"} 2',
    'ordo_quota_remaining{host="api.github.com"} 500',
    `ordo_quota_reset_timestamp_seconds{host="api.github.com"} ${now / 1000 + 3600}`,
    'ordo_poll_interval_seconds 100',
    'ordo_poll_interval_set_seconds 20',
    'ordo_passes_total{result="idle"} 2',
    'ordo_pass_seconds_total{result="idle"} 2',
    `ordo_unknown_since_timestamp_seconds{what="head commit"} ${now / 1000}`,
    'ordo_unknown_digests 3',
    'ordo_api_writes_total 12',
    'ordo_last_rollout 7',
    'ordo_rollout_state{state="failed"} 1',
    'ordo_objects{outcome="done"} 1',
    'ordo_objects{outcome="failed"} 1',
  );
  numbers.passed('unknown', 1);
  has('ordo_rollout_state{state="failed"} 1');
  status.running(8, 'a plan');
  has('ordo_rollout_state{state="running"} 1');
  assert.doesNotMatch(numbers.text(), /unknown_since/);
});

function object(outcome: 'done' | 'failed') {
  return {
    ...{ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: outcome, source: '', hash: '' },
    ...{ order: [1, 10, 'a', 'b', 0] as [number, number, string, string, number], outcome },
    images: { 'ghcr.io/acme/web:main': 'sha256:1' },
  };
}
