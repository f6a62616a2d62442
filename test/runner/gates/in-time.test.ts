import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openGate } from '../../../src/runner/gates/gate.ts';
import { judgeInTime, type Look, type Times } from '../../../src/runner/gates/in-time.ts';
import type { Pod } from '../../../src/runner/gates/shapes.ts';
import { applying, type Wish } from '../steps.ts';

const start = Date.UTC(2026, 0, 1);
const workload = { metadata: { name: 'x', creationTimestamp: new Date(start).toISOString() } };
const gate = (wish: Wish = {}) => openGate(applying(0, wish), { elapsed: () => 0 });
const at = (seconds: number, more: Partial<Times> = {}): Times => ({
  ...{ now: start + seconds * 1_000, elapsed: seconds * 1_000, hurryFrom: Infinity, leaveJobsAfter: Infinity },
  ...more,
});
const look = (pods?: Pod[], jobsUnfinished = false): Look => ({
  ...{ verdict: { state: 'waiting', reason: '0 of 1 pods available' }, workload, jobsUnfinished },
  ...(pods && { pods }),
});
const pod = (reason: string, message = ''): Pod => ({
  metadata: { name: 'p', uid: 'p', creationTimestamp: new Date(start).toISOString() },
  status: { containerStatuses: [{ name: 'c', state: { waiting: { reason, message } } }] },
});
const running = (from: number): Pod => ({
  metadata: { name: 'p', uid: 'p' },
  status: {
    containerStatuses: [{ name: 'c', state: { running: { startedAt: new Date(start + from * 1_000).toISOString() } } }],
  },
});
const config = pod('CreateContainerConfigError', 'no such key');
const CONFIG = 'pod p, container c: CreateContainerConfigError: no such key';

test('ready and failed end a gate at once', () => {
  assert.deepEqual(judgeInTime(gate(), { ...look(), verdict: { state: 'ready' } }, at(0)), { state: 'ready' });
  const verdict = { state: 'failed', reason: 'the Job failed' } as const;
  assert.deepEqual(judgeInTime(gate(), { ...look(), verdict }, at(0)), verdict);
});

test('a failed Job says what its pod ended with', () => {
  const ended: Pod = {
    metadata: { name: 'p', uid: 'p' },
    status: { containerStatuses: [{ name: 'c', state: { terminated: { exitCode: 3, reason: 'Error' } } }] },
  };
  const verdict = { state: 'failed', reason: 'the Job failed' } as const;
  const end = judgeInTime(gate(), { ...look([ended]), verdict }, at(0));
  assert.deepEqual(end, {
    state: 'failed',
    reason: 'the Job failed; pod p, container c ended with exit code 3 (Error)',
  });
});

test('the time counts from when the waiting began, and the reason is the last one seen', () => {
  const late = { ...gate({ timeout: 60 }), begin: 20_000 };
  assert.equal(judgeInTime(late, look([pod('ErrImagePull', 'i/o timeout')]), at(79)), undefined);
  assert.deepEqual(judgeInTime(late, look(), at(80)), {
    state: 'failed',
    reason: 'not ready after 60 s: 0 of 1 pods available; pod p, container c: ErrImagePull: i/o timeout',
    cause: 'passing',
  });
});

test('J04 that a version which was ready before runs out of time passes by itself; what fails early does not', () => {
  const end = judgeInTime(gate({ timeout: 60, proven: true }), look(), at(60));
  const reason = 'not ready after 60 s: 0 of 1 pods available';
  assert.deepEqual(end, { state: 'failed', reason, cause: 'passing' });
  assert.deepEqual(judgeInTime(gate({ timeout: 60 }), look(), at(60)), { state: 'failed', reason });
  const early = gate({ timeout: 60, proven: true });
  for (const seconds of [5, 34]) assert.equal(judgeInTime(early, look([config]), at(seconds)), undefined);
  assert.deepEqual(judgeInTime(early, look([config]), at(35)), { state: 'failed', reason: CONFIG });
});

test('O02 the time in which its pods pull images does not count', () => {
  const pulling = { ...look([pod('ContainerCreating')]), pulling: true };
  const isOver = { ...look([running(110)]), pulling: false };
  const slow = gate({ timeout: 60 });
  for (const second of [1, 30, 90]) assert.equal(judgeInTime(slow, pulling, at(second)), undefined);
  // Between two looks at the pods too.
  assert.equal(judgeInTime(slow, look(), at(100)), undefined);
  assert.equal(judgeInTime(slow, isOver, at(110)), undefined);
  assert.equal(judgeInTime(slow, isOver, at(168)), undefined);
  assert.equal(judgeInTime(slow, isOver, at(169))?.state, 'failed', '109 s of it were a pull');

  const endless = gate({ timeout: 60 });
  for (const second of [1, 60, 1_800]) assert.equal(judgeInTime(endless, pulling, at(second)), undefined);
  assert.equal(judgeInTime(endless, pulling, at(1_861))?.state, 'failed');
});

test('a missing configuration is definite when it has lasted 30 s without a break', () => {
  const one = gate();
  for (const seconds of [5, 20, 34]) assert.equal(judgeInTime(one, look([config]), at(seconds)), undefined);
  assert.deepEqual(judgeInTime(one, look([config]), at(35)), { state: 'failed', reason: CONFIG });

  const other = gate();
  judgeInTime(other, look([config]), at(5));
  judgeInTime(other, look([]), at(20));
  assert.equal(judgeInTime(other, look([config]), at(36)), undefined);
  assert.equal(judgeInTime(other, look([config]), at(65)), undefined);
  assert.deepEqual(judgeInTime(other, look([config]), at(66)), { state: 'failed', reason: CONFIG });
});

test('it is not while a Job that may make it is unfinished; the 30 s begin after it', () => {
  const one = gate();
  for (const seconds of [5, 40, 80]) assert.equal(judgeInTime(one, look([config], true), at(seconds)), undefined);
  assert.equal(judgeInTime(one, look([config]), at(81)), undefined);
  assert.equal(judgeInTime(one, look([config]), at(110)), undefined);
  assert.deepEqual(judgeInTime(one, look([config]), at(111)), { state: 'failed', reason: CONFIG });
});

test('a look without pods does not break the time of a trouble', () => {
  const one = gate();
  judgeInTime(one, look([config]), at(5));
  judgeInTime(one, look(), at(20));
  assert.deepEqual(judgeInTime(one, look([config]), at(35)), { state: 'failed', reason: CONFIG });
});

test('after another failure the neighbours get 30 s', () => {
  const hurry = { hurryFrom: 10_000 };
  assert.equal(judgeInTime(gate(), look(), at(39, hurry)), undefined);
  const end = judgeInTime(gate(), look(), at(40, hurry));
  const reason = 'not ready when something else failed: 0 of 1 pods available';
  assert.deepEqual(end, { state: 'failed', reason, cause: 'passing' });
});

const JOB = { kind: 'Job', group: 'batch' };
const soon = { leaveJobsAfter: 30_000 };

test('a Job whose pod has run for over 30 s is left for later; pulling does not count', () => {
  assert.equal(judgeInTime(gate(JOB), look([running(50)]), at(80, soon)), undefined);
  assert.equal(judgeInTime(gate(JOB), look([running(50)]), at(81, soon))?.state, 'later');
  assert.equal(judgeInTime(gate(JOB), look([pod('ContainerCreating')]), at(200, soon)), undefined);
});

test('it is not at the end of the group, where somebody insists, or where it is no Job', () => {
  assert.equal(judgeInTime(gate(JOB), look([running(0)]), at(200)), undefined);
  assert.equal(judgeInTime(gate({ ...JOB, wait: 'complete' }), look([running(0)]), at(200, soon)), undefined);
  assert.equal(judgeInTime(gate(), look([running(0)]), at(200, soon)), undefined);
});

test('earlier pods of a Job count as running too', () => {
  const time = (seconds: number): string => new Date(start + seconds * 1_000).toISOString();
  const ended = (from: number): Pod => ({
    metadata: { name: 'p', uid: 'p' },
    status: { containerStatuses: [{ name: 'c', lastState: { terminated: { exitCode: 1, startedAt: time(from) } } }] },
  });
  assert.equal(judgeInTime(gate(JOB), look([running(60), ended(10)]), at(41, soon))?.state, 'later');
});
