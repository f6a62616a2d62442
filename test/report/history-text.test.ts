import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bundle } from '../../src/domain/bundle.ts';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { historyAsText, rolloutAsText } from '../../src/report/history-text.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 2, 3, 4, second)).toISOString();
const about = { author: 'ordo test', subject: 'new web', committed: at(0) };
const place = { object: 'Deployment/shop/web', source: 'deploy/2-shop/170-web.yml' };

const FAILED: HistoryEntry = {
  ...{ rollout: 12, commit: 'a'.repeat(40), state: 'failed', fingerprint: '', about },
  ...{ seen: at(3), begin: at(4), end: at(30), unchanged: [{ commit: 'b'.repeat(40), seen: at(40) }] },
  steps: [
    { kind: 'apply', object: 'ConfigMap/shop/web', source: 'deploy/2-shop/100-web.yml', state: 'done', document: 1 },
    { kind: 'recreate', ...place, state: 'failed', begin: at(5), end: at(29), reason: 'not ready after 20 s' },
    { kind: 'apply', object: 'Job/shop/late', source: 'deploy/3-late/10-late.yml', state: 'not-reached' },
    { kind: 'hold', object: 'Namespace/old', source: 'deploy/1-old/10-old.yml', reason: 'held' },
  ],
};
const DONE: HistoryEntry = { ...FAILED, rollout: 11, commit: 'c'.repeat(40), state: 'done', unchanged: [], steps: [] };

const BUNDLE: Bundle = {
  ...{ version: 1, rollout: 12, commit: FAILED.commit, omitted: 0 },
  failures: [
    {
      ...{ step: 1, ...place, document: 0, reason: 'not ready after 20 s' },
      pods: [
        {
          ...{ name: 'web-1', phase: 'Running' },
          containers: [
            {
              ...{ name: 'main', state: 'CrashLoopBackOff', restarts: 2, last: { exitCode: 7, reason: 'Error' } },
              log: { previous: true, lines: ['one', '\u001b[31mtwo'] },
            },
          ],
        },
      ],
      events: [{ at: at(9), object: 'Pod/web-1', reason: 'BackOff', message: 'again', count: 3 }],
    },
  ],
};

test('J07 J08 J10 J11 the history as people read it: failed rollouts too, and commits that changed nothing', () => {
  assert.equal(
    historyAsText([FAILED, DONE]),
    `          no change  bbbbbbbbbb; seen 2026-01-02 03:04:40
rollout 12    failed   aaaaaaaaaa  ordo test: new web
          committed 2026-01-02 03:04:00, seen 2026-01-02 03:04:03, begun 2026-01-02 03:04:04, ended 2026-01-02 03:04:30; 1 done, 1 failed, 1 held, 1 not-reached
rollout 11    done     cccccccccc  ordo test: new web
          committed 2026-01-02 03:04:00, seen 2026-01-02 03:04:03, begun 2026-01-02 03:04:04, ended 2026-01-02 03:04:30, live 30 s after the push; no steps
`,
  );
  assert.equal(historyAsText([]), 'no rollout is recorded\n');
});

test('O03 J20 one rollout as people read it: each step, and what the pods of the failed one said', () => {
  assert.equal(
    rolloutAsText(FAILED, [DONE], BUNDLE),
    `rollout 12 to aaaaaaaaaa  ordo test: new web
failed; committed 2026-01-02 03:04:00, seen 2026-01-02 03:04:03, begun 2026-01-02 03:04:04, ended 2026-01-02 03:04:30; 1 done, 1 failed, 1 held, 1 not-reached
  done         apply ConfigMap/shop/web  deploy/2-shop/100-web.yml, document 2
  failed       recreate Deployment/shop/web  deploy/2-shop/170-web.yml  24.0 s
    not ready after 20 s
      pod web-1: Running
        container main: CrashLoopBackOff; ended before with exit code 7 (Error); restarted 2 times
        log of the instance before, its end
          | one
          | \\u001b[31mtwo
      last events
        2026-01-02 03:04:09  Pod/web-1  BackOff: again (3 times)
  not-reached  apply Job/shop/late  deploy/3-late/10-late.yml
  held         hold Namespace/old  deploy/1-old/10-old.yml
    held
`,
  );
});
