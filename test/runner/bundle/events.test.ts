import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastEvents } from '../../../src/runner/bundle/events.ts';

const about = { involvedObject: { kind: 'Pod', name: 'web-1' }, metadata: { name: 'e' } };

test('O03 the last ten events, newest last, whoever reported them', () => {
  const old = Array.from({ length: 12 }, (_, index) => ({
    ...{ ...about, reason: `R${index}`, message: 'm', count: 2 },
    lastTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, 12 - index)).toISOString(),
  }));
  const series = {
    ...{ ...about, reason: 'New', message: 'm', lastTimestamp: null, eventTime: '2026-01-01T00:00:00.000001Z' },
    series: { count: 5, lastObservedTime: '2026-01-01T00:01:00.000001Z' },
  };
  const seen = lastEvents([series, ...old]);
  assert.deepEqual(
    seen.map(({ reason }) => reason),
    ['R8', 'R7', 'R6', 'R5', 'R4', 'R3', 'R2', 'R1', 'R0', 'New'],
  );
  assert.deepEqual(seen.at(-1), {
    ...{ at: '2026-01-01T00:01:00.000Z', object: 'Pod/web-1', reason: 'New', message: 'm', count: 5 },
  });
  assert.deepEqual(lastEvents([about])[0]?.object, 'Pod/web-1');
});
