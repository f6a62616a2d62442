import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStatus } from '../../src/report/status.ts';
import { systemClock } from '../../src/util/clock.ts';

function statusAt() {
  let now = Date.UTC(2026, 0, 1);
  const clock = { now: () => new Date(now), sleep: async () => undefined };
  return { status: createStatus(clock), later: (ms: number) => void (now += ms) };
}

test('before the first pass has ended nothing is known', () => {
  const { status } = statusAt();
  assert.deepEqual(status.now(), { text: 'no pass has ended yet', code: 2 });
});

test('a plan is told with what it waits for, and 1 when there is something to do', () => {
  const { status } = statusAt();
  status.begin();
  status.planned('nothing to do', false);
  assert.deepEqual(status.now(), { text: 'nothing to do', code: 0 });
  status.planned('rollout 2', true, 'waits a minute');
  assert.deepEqual(status.now(), { text: 'waits a minute\nrollout 2', code: 1 });
  assert.equal(status.trouble(), 'waits a minute');
});

test('R05 restarts that are due are something to do, whatever the passes say', () => {
  const status = createStatus(
    systemClock,
    () => ['restart Deployment/shop/web'],
    () => true,
  );
  status.begin();
  status.planned('nothing to do', false);
  assert.deepEqual(status.now(), { text: 'nothing to do\nrestart Deployment/shop/web', code: 1 });
});

test('what is not known is told with its reason and since when, and the last plan stays readable', () => {
  const { status, later } = statusAt();
  status.begin();
  status.planned('nothing to do', false);
  status.unknown('head commit', 'HTTP 503');
  later(60_000);
  status.unknown('head commit', 'no route');
  const trouble = 'head commit is not known since 2026-01-01T00:00:00.000Z: no route';
  assert.equal(status.trouble(), trouble);
  assert.deepEqual(status.now(), {
    text: `${trouble}\neverything stays as it is; the last plan was\nnothing to do`,
    code: 2,
  });
  status.unchanged();
  assert.equal(status.trouble(), undefined);
  assert.equal(status.now().code, 0);
});

test('while a rollout runs its plan is told', () => {
  const { status } = statusAt();
  status.begin();
  status.running(7, 'rollout 7 to 2903a6f1c0');
  const text = 'rollout 7 is running since 2026-01-01T00:00:00.000Z\nrollout 7 to 2903a6f1c0';
  assert.deepEqual(status.now(), { text, code: 1 });
});

test('O02 what a running rollout waits for is told behind it, and no longer than it runs', () => {
  const { status } = statusAt();
  status.begin();
  status.running(7, 'rollout 7');
  status.waiting(['Deployment/shop/web: deleting, blocked by finalizers example.com/hold']);
  const lines = status.now().text.split('\n');
  assert.equal(lines[1], 'waiting for Deployment/shop/web: deleting, blocked by finalizers example.com/hold');
  status.waiting([]);
  assert.equal(status.now().text.split('\n')[1], 'rollout 7');
  status.waiting(['something']);
  status.begin();
  assert.equal(status.now().text, 'rollout 7');
});

test('O13 a rollout that nobody carries out says why, to people and to the probe, until somebody does', () => {
  const { status } = statusAt();
  status.begin();
  status.running(7, 'rollout 7');
  assert.equal(status.trouble(), undefined);
  status.stuck('no node');
  const said = 'rollout 7 is running since 2026-01-01T00:00:00.000Z';
  assert.equal(status.trouble(), `${said} and waits: no node`);
  assert.equal(status.now().text, `${said}\nand waits: no node\nrollout 7`);
  status.stuck(undefined);
  assert.equal(status.trouble(), undefined);
  status.stuck('no node');
  status.begin();
  assert.equal(status.trouble(), undefined);
});

test('who asks gets what a pass says that began after the question, or the rollout that runs', async () => {
  const { status } = statusAt();
  status.begin();
  let isAnswered = false;
  const answer = status.fresh().then(() => (isAnswered = true));
  status.planned('old', false);
  await Promise.resolve();
  assert.equal(isAnswered, false);
  status.begin();
  status.planned('new', false);
  await answer;

  const during = status.fresh();
  status.running(8, 'rollout 8');
  await during;
  await status.fresh();

  let isOver = false;
  status.over();
  const after = status.fresh().then(() => (isOver = true));
  await Promise.resolve();
  assert.equal(isOver, false, 'a rollout that has ended is no answer');
  status.begin();
  status.planned('what is left', false);
  await after;
});

test('O04 what should be known besides is told with the plan and by the probe, and makes nothing worse', () => {
  const notes = ['polls every 100 s instead of 20 s'];
  const status = createStatus({ now: () => new Date(), sleep: async () => undefined }, () => notes);
  status.begin();
  status.planned('nothing to do\n', false);
  assert.deepEqual(status.now(), { text: 'nothing to do\npolls every 100 s instead of 20 s', code: 0 });
  assert.equal(status.trouble(), 'polls every 100 s instead of 20 s');
  status.unknown('head commit', 'HTTP 503');
  assert.match(status.trouble() ?? '', /^head commit is not known since \S+: HTTP 503; polls every 100 s/);
  notes.pop();
  status.unchanged();
  assert.equal(status.trouble(), undefined);
});
