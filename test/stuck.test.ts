import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stuckPod, whyStuck, type RunnerPod } from '../src/cluster/stuck.ts';
import { fakeClient } from './check/fakes.ts';

const NOW = new Date('2026-01-01T00:10:00Z');
const LATELY = '2026-01-01T00:09:55Z';
const LONG_AGO = '2026-01-01T00:00:00Z';

const pod = (status: RunnerPod['status'], times: object = {}): RunnerPod => ({
  metadata: { name: 'p', creationTimestamp: LATELY, ...times },
  spec: { nodeName: 'device' },
  ...(status && { status }),
});
const waiting = (reason: string, message?: string): RunnerPod['status'] => ({
  phase: 'Pending',
  containerStatuses: [{ state: { waiting: { reason, ...(message !== undefined && { message }) } } }],
});

test('O13 a runner’s pod that does not run says why; one that runs, or has only just been made, says nothing', () => {
  const rows: [RunnerPod, string | undefined][] = [
    [pod({ phase: 'Running' }, { creationTimestamp: LONG_AGO }), undefined],
    [pod(waiting('ContainerCreating')), undefined],
    [
      pod(waiting('ContainerCreating'), { creationTimestamp: LONG_AGO }),
      'its pod p has not started yet on node device',
    ],
    [
      pod({ conditions: [{ type: 'PodScheduled', status: 'False', message: '1 Insufficient cpu' }] }),
      'its pod p finds no node: 1 Insufficient cpu',
    ],
    [pod(waiting('ImagePullBackOff', 'no such image')), 'its pod p cannot start: ImagePullBackOff: no such image'],
    [pod(waiting('CreateContainerConfigError')), 'its pod p cannot start: CreateContainerConfigError'],
    [pod({ phase: 'Running' }, { deletionTimestamp: LATELY }), undefined],
    [
      pod({ phase: 'Running' }, { deletionTimestamp: LONG_AGO }),
      'its pod p is being deleted, and node device does not say that it has ended',
    ],
  ];
  for (const [one, reason] of rows) assert.equal(stuckPod(one, NOW), reason);
});

test('O13 without a pod the Job’s events tell; pods that have ended do not count', async () => {
  const pods = '/api/v1/namespaces/admin/pods';
  const events = '/api/v1/namespaces/admin/events';
  const ended = { items: [pod({ phase: 'Failed' })] };
  const refused = { items: [{ message: 'pods "x" is forbidden: exceeded quota' }] };
  const ask = (answers: Record<string, unknown>) => whyStuck(fakeClient(answers).client, 'admin', 7, NOW);
  assert.equal(
    await ask({ [pods]: ended, [events]: refused }),
    'its Job could not make a pod: pods "x" is forbidden: exceeded quota',
  );
  assert.equal(await ask({ [pods]: ended, [events]: { items: [] } }), undefined);
  assert.equal(await ask({ [pods]: { items: [pod({ phase: 'Running' })] }, [events]: refused }), undefined);
});
