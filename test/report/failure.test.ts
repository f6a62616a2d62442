import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { whyFailed } from '../../src/report/failure.ts';

const time = '2026-01-01T12:00:00.000Z';
const step = (object: string, state: 'done' | 'failed', reason?: string): HistoryEntry['steps'][number] => ({
  ...{ kind: 'apply', object, source: 'deploy/1-a/10-a.yml', state },
  ...(reason !== undefined && { reason }),
});
const entry = (steps: HistoryEntry['steps'], reason?: string): HistoryEntry => ({
  ...{ rollout: 7, commit: '', state: 'failed', seen: time, begin: time, end: time, fingerprint: '', steps },
  ...(reason !== undefined && { reason }),
});

const cases: [title: string, entry: HistoryEntry, line: string][] = [
  ['the first failed step', entry([step('Pod/a/a', 'done'), step('Pod/a/b', 'failed', 'no')]), 'Pod/a/b: no'],
  [
    'how many more there are',
    entry([step('Pod/a/b', 'failed', 'no'), step('Pod/a/c', 'failed', 'no')]),
    'Pod/a/b: no (1 more failed)',
  ],
  ['one line of several', entry([step('Pod/a/b', 'failed', 'no\n  Warning: old')]), 'Pod/a/b: no; Warning: old'],
  ['the rollout’s own reason where no step has failed', entry([], 'the Job ended early'), 'the Job ended early'],
  ['that nothing is known', entry([step('Pod/a/b', 'failed')]), 'Pod/a/b: no reason is known'],
];
for (const [title, failed, line] of cases) {
  test(`D40 why a rollout failed: ${title}`, () => assert.equal(whyFailed(failed), `rollout 7 failed: ${line}`));
}
