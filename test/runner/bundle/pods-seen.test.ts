import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instanceToAsk, podsSeen } from '../../../src/runner/bundle/pods-seen.ts';
import type { ContainerStatus, Pod } from '../../../src/runner/gates/shapes.ts';

const pod = (status: NonNullable<Pod['status']>, name = 'web-1'): Pod => ({ metadata: { name }, status });
const main = (more: Partial<ContainerStatus>): ContainerStatus => ({ name: 'main', ready: false, ...more });
const only = (container: ContainerStatus) =>
  podsSeen([pod({ phase: 'Running', containerStatuses: [container] })])[0]?.containers[0] ?? assert.fail();

const CONTAINERS: [what: string, status: Partial<ContainerStatus>, state: string, asks: string | undefined][] = [
  [
    'waits between two starts',
    {
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
      lastState: { terminated: { exitCode: 7, reason: 'Error' } },
      restartCount: 2,
    },
    'CrashLoopBackOff: back-off 10s',
    'previous',
  ],
  [
    'runs again',
    { state: { running: {} }, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } }, restartCount: 1 },
    'running, not ready',
    'previous',
  ],
  ['has ended', { state: { terminated: { exitCode: 3 } } }, 'ended with exit code 3 (Error)', 'current'],
  ['never became ready', { state: { running: {} } }, 'running, not ready', 'current'],
  ['has no image', { state: { waiting: { reason: 'ErrImagePull', message: 'no' } } }, 'ErrImagePull: no', undefined],
];

for (const [what, status, state, asks] of CONTAINERS) {
  test(`O03 of a container that ${what} it is said so, and its log is asked for where there is one`, () => {
    const seen = only(main(status));
    assert.equal(seen.state, state);
    assert.equal(instanceToAsk(seen), asks);
  });
}

test('O03 how the instance before ended stands beside what is now', () => {
  const status = { state: { running: {} }, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } };
  assert.deepEqual(only(main({ ...status, restartCount: 4 })), {
    name: 'main',
    state: 'running, not ready',
    restarts: 4,
    last: { exitCode: 137, reason: 'OOMKilled' },
  });
});

test('O03 what is ready, has done its work or only begins is left out', () => {
  const fine = [
    pod({ phase: 'Running', containerStatuses: [main({ ready: true, state: { running: {} } })] }),
    pod({ initContainerStatuses: [main({ state: { terminated: { exitCode: 0 } } })] }),
    pod({ containerStatuses: [main({ state: { waiting: { reason: 'PodInitializing' } } })] }),
  ];
  assert.deepEqual(podsSeen(fine), []);
});

test('O03 the scheduler is quoted, and of many pods three are enough', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no node' }];
  const pods = Array.from({ length: 5 }, (_, index) => pod({ phase: 'Pending', conditions }, `web-${index}`));
  const seen = podsSeen(pods);
  assert.deepEqual(seen[0], { name: 'web-0', phase: 'Pending', reason: 'Unschedulable: no node', containers: [] });
  assert.equal(seen.length, 3);
});
