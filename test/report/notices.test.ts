import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { endNotices, heldNotices, stuckNotice } from '../../src/report/notices.ts';

const time = '2026-01-01T12:00:00.000Z';
const entry = (state: HistoryEntry['state'], steps: [object: string, state: 'done' | 'failed', reason?: string][]) =>
  ({
    ...{ rollout: 7, commit: 'ab'.repeat(20), state, seen: time, begin: time, end: time, fingerprint: '' },
    steps: steps.map(([object, end, reason]) => ({
      ...{ kind: 'apply', object, source: 'deploy/1-a/10-a.yml', state: end },
      ...(reason !== undefined && { reason }),
    })),
  }) satisfies HistoryEntry;

test('a rollout ends as one notice, and one for each step that failed, which names its object', () => {
  assert.deepEqual(endNotices(entry('done', [['Pod/a/a', 'done']])), [
    { type: 'Normal', reason: 'RolloutDone', message: 'rollout 7 to ababababab: 1 done' },
  ]);
  const failed = entry('failed', [
    ['Pod/a/a', 'done'],
    ['Pod/a/b', 'failed', 'no\n  with ghp_abcdefghijklmnopqrst'],
    ['Pod/a/c', 'failed'],
  ]);
  assert.deepEqual(
    endNotices(failed).map(({ type, reason, message }) => `${type} ${reason} ${message}`),
    [
      'Warning RolloutFailed rollout 7 failed: Pod/a/b: no; with [redacted] (1 more failed)',
      'Warning StepFailed Pod/a/b: no; with [redacted]',
      'Warning StepFailed Pod/a/c: no reason is known',
    ],
  );
  const [stopped] = endNotices({ ...entry('stopped', []), reason: 'a newer commit' });
  assert.deepEqual(stopped, {
    type: 'Normal',
    reason: 'RolloutStopped',
    message: 'rollout 7 to ababababab: a newer commit',
  });
  const [restarts] = endNotices({ ...entry('done', [['Pod/a/a', 'done']]), restarts: true });
  assert.equal(restarts?.message, 'rollout 7, restarts for changed configuration: 1 done');
});

test('many failures and long words are cut to what an Event may hold', () => {
  const many = endNotices(
    entry(
      'failed',
      Array.from({ length: 100 }, (_, n) => [`Pod/a/${n}`, 'failed', 'x'.repeat(5000)]),
    ),
  );
  assert.equal(many.length, 21);
  assert.ok(many.every(({ message }) => message.length <= 1024));
  assert.ok(stuckNotice(7, 'y'.repeat(5000)).message.endsWith('…'));
});

test('what is held is told once, however its reason changes, and again when it was free in between', () => {
  const plan = (holds: [name: string, reason: string][]) =>
    ({
      steps: holds.map(([name, reason]) => ({
        ...{ kind: 'hold', reason, entry: { group: '', kind: 'Namespace', namespace: '', name } },
      })),
    }) as unknown as Plan;
  const first = heldNotices(plan([['a', 'because']]), new Set());
  assert.deepEqual(first.notices, [{ type: 'Warning', reason: 'Held', message: 'Namespace/a: because' }]);
  const second = heldNotices(
    plan([
      ['a', '7 MiB free'],
      ['b', 'too'],
    ]),
    first.told,
  );
  assert.deepEqual(
    second.notices.map(({ message }) => message),
    ['Namespace/b: too'],
  );
  const third = heldNotices(plan([]), second.told);
  assert.deepEqual(heldNotices(plan([['a', 'once more']]), third.told).notices.length, 1);
});
