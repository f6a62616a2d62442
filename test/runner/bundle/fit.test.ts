import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failure } from '../../../src/domain/bundle.ts';
import { fitAll, fitOne } from '../../../src/runner/bundle/fit.ts';

function failure(lines: string[], events = 0): Failure {
  const log = { previous: false, lines };
  return {
    ...{ step: 0, object: 'Deployment/shop/web', source: 'deploy/1-a/1-a.yml', document: 0, reason: 'not ready' },
    pods: [{ name: 'web-1', phase: 'Running', containers: [{ name: 'main', state: 'running', restarts: 0, log }] }],
    events: Array.from({ length: events }, (_, at) => ({
      ...{ at: new Date(at).toISOString(), object: 'Pod/web-1', reason: 'BackOff', message: 'm'.repeat(400), count: 1 },
    })),
  };
}
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

test('O03 what fits is kept as it is', () => {
  const small = failure(['one', 'two'], 2);
  assert.deepEqual(fitOne(small), small);
});

test('O03 of a failure that is too large the oldest lines go, the newest stay', () => {
  const lines = Array.from({ length: 20 }, (_, index) => `${index} ${'ü'.repeat(1_000)}`);
  const fitted = fitOne(failure(lines, 10));
  assert.ok(bytes(fitted) <= 8 * 1024, `${bytes(fitted)} bytes`);
  const kept = fitted.pods[0]?.containers[0]?.log?.lines ?? [];
  assert.ok(kept.length > 0 && kept.length < 20);
  assert.ok(kept.at(-1)?.startsWith('19 ü'));
  assert.equal(fitted.events.length, 10);
});

test('O03 a rollout that fails everywhere keeps what there is room for, and says how much is missing', () => {
  const lines = Array.from({ length: 20 }, () => 'x'.repeat(300));
  const { failures, omitted } = fitAll(Array.from({ length: 100 }, () => failure(lines)));
  assert.equal(failures.length + omitted, 100);
  assert.ok(omitted > 0 && bytes(failures) <= 201 * 1024);
});
