import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateOf, isGated } from '../../../src/runner/gates/judge.ts';
import type { Workload } from '../../../src/runner/gates/shapes.ts';
import { applying } from '../steps.ts';

type Body = Pick<Workload, 'spec' | 'status'>;
const condition = (type: string, status = 'True', more = {}) => ({ type, status, ...more });

/** Title, spec and status, and the verdict: 'ready', 'ready: NOTE', or the beginning of why not. */
const cases: Record<string, [string, Body, string][]> = {
  'apps/Deployment': [
    ['nothing said yet', {}, 'waiting: its controller has not looked'],
    ['an older generation observed', { status: { observedGeneration: 1, ...all(2) } }, 'waiting: its controller'],
    ['paused', { spec: { paused: true, replicas: 2 }, status: seen({}) }, 'ready: paused'],
    [
      'paused, but not observed',
      { spec: { paused: true }, status: { observedGeneration: 1 } },
      'waiting: its controller',
    ],
    ['0 replicas', { spec: { replicas: 0 }, status: seen({}) }, 'ready: 0 replicas'],
    ['one replica where none is said', { status: seen(all(1)) }, 'ready'],
    [
      'not all updated',
      { spec: { replicas: 3 }, status: seen({ ...all(3), updatedReplicas: 2 }) },
      'waiting: 2 of 3 pods updated',
    ],
    [
      'old pods',
      { spec: { replicas: 2 }, status: seen({ ...all(2), replicas: 3 }) },
      'waiting: 1 old pods still there',
    ],
    ['scaled down', { spec: { replicas: 1 }, status: seen(all(2)) }, 'waiting: 1 pods too many'],
    [
      'not available',
      { spec: { replicas: 2 }, status: seen({ ...all(2), availableReplicas: 1 }) },
      'waiting: 1 of 2 pods available',
    ],
    [
      'ready is not available',
      { spec: { replicas: 1 }, status: seen({ ...all(1), availableReplicas: 0, readyReplicas: 1 }) },
      'waiting: 0 of 1 pods available',
    ],
    [
      'pods that cannot be made',
      {
        status: seen({
          conditions: [condition('ReplicaFailure', 'True', { reason: 'FailedCreate', message: 'exceeded quota' })],
        }),
      },
      'waiting: 0 of 1 pods updated; FailedCreate: exceeded quota',
    ],
    ['all of it', { spec: { replicas: 2 }, status: seen(all(2)) }, 'ready'],
  ],
  'apps/ReplicaSet': [
    ['not observed', { status: { observedGeneration: 1, readyReplicas: 1 } }, 'waiting: its controller'],
    [
      'not ready',
      { spec: { replicas: 2 }, status: seen({ readyReplicas: 1, replicas: 2 }) },
      'waiting: 1 of 2 pods ready',
    ],
    [
      'too many',
      { spec: { replicas: 1 }, status: seen({ readyReplicas: 2, replicas: 2 }) },
      'waiting: 1 pods too many',
    ],
    ['ready', { spec: { replicas: 2 }, status: seen({ readyReplicas: 2, replicas: 2 }) }, 'ready'],
    ['0 replicas', { spec: { replicas: 0 }, status: seen({}) }, 'ready: 0 replicas'],
  ],
  'apps/StatefulSet': [
    ['not observed', { status: { observedGeneration: 1, ...all(1) } }, 'waiting: its controller'],
    [
      'not updated',
      { spec: { replicas: 3 }, status: seen({ ...all(3), updatedReplicas: 1 }) },
      'waiting: 1 of 3 pods updated',
    ],
    [
      'updated, not ready',
      { spec: { replicas: 3 }, status: seen({ ...all(3), readyReplicas: 2 }) },
      'waiting: 2 of 3 pods ready',
    ],
    [
      'a partition',
      { spec: { replicas: 3, ...rolling(2) }, status: seen({ ...all(3), updatedReplicas: 1 }) },
      'ready: partition 2',
    ],
    [
      'a partition not reached',
      { spec: { replicas: 3, ...rolling(1) }, status: seen({ ...all(3), updatedReplicas: 1 }) },
      'waiting: 1 of 2 pods updated',
    ],
    [
      'a partition above all',
      { spec: { replicas: 3, ...rolling(5) }, status: seen({ ...all(3), updatedReplicas: 0 }) },
      'ready: partition 5',
    ],
    [
      'OnDelete',
      { spec: { replicas: 1, updateStrategy: { type: 'OnDelete' } }, status: seen({ ...all(1), updatedReplicas: 0 }) },
      'ready: OnDelete',
    ],
    [
      'OnDelete, not ready',
      { spec: { replicas: 1, updateStrategy: { type: 'OnDelete' } }, status: seen({}) },
      'waiting: 0 of 1 pods ready',
    ],
    ['0 replicas', { spec: { replicas: 0 }, status: seen({}) }, 'ready: 0 replicas'],
    ['all of it', { spec: { replicas: 3 }, status: seen(all(3)) }, 'ready'],
  ],
  'apps/DaemonSet': [
    ['not observed', { status: { observedGeneration: 1, ...daemons(2, 2, 2) } }, 'waiting: its controller'],
    ['no node', { status: seen(daemons(0, 0, 0)) }, 'ready: no node wants it'],
    ['not updated', { status: seen(daemons(2, 1, 2)) }, 'waiting: 1 of 2 pods updated'],
    ['not ready', { status: seen(daemons(2, 2, 1)) }, 'waiting: 1 of 2 pods ready'],
    ['OnDelete', { spec: { updateStrategy: { type: 'OnDelete' } }, status: seen(daemons(2, 0, 2)) }, 'ready: OnDelete'],
    ['all of it', { status: seen(daemons(2, 2, 2)) }, 'ready'],
  ],
  'batch/Job': [
    ['new', {}, 'waiting: not complete: 0 pods succeeded, 0 failed'],
    [
      'succeeded, but not Complete',
      { status: { succeeded: 1, conditions: [condition('SuccessCriteriaMet')] } },
      'waiting: not complete: 1',
    ],
    ['Complete', { status: { conditions: [condition('Complete')] } }, 'ready'],
    ['Complete is False', { status: { conditions: [condition('Complete', 'False')] } }, 'waiting'],
    [
      'Failed',
      { status: { conditions: [condition('Failed', 'True', { reason: 'DeadlineExceeded' })] } },
      'failed: the Job failed: DeadlineExceeded',
    ],
    [
      'about to be Failed',
      { status: { conditions: [condition('FailureTarget', 'True', { reason: 'BackoffLimitExceeded' })] } },
      'failed: the Job failed: Backoff',
    ],
    ['suspended', { spec: { suspend: true } }, 'ready: suspended'],
  ],
  '/Pod': [
    ['pending', { status: { phase: 'Pending' } }, 'waiting: the pod is Pending'],
    [
      'running, not ready',
      { status: { phase: 'Running', conditions: [condition('Ready', 'False')] } },
      'waiting: the pod is Running',
    ],
    ['ready', { status: { phase: 'Running', conditions: [condition('Ready')] } }, 'ready'],
    ['succeeded', { status: { phase: 'Succeeded', conditions: [condition('Ready', 'False')] } }, 'ready: succeeded'],
    [
      'failed',
      { status: { phase: 'Failed', ...{ reason: 'Evicted', message: 'no memory' } } },
      'failed: the pod failed: Evicted: no memory',
    ],
  ],
  '/Namespace': [
    ['new', {}, 'waiting: the namespace is new'],
    ['terminating', { status: { phase: 'Terminating' } }, 'waiting: the namespace is Terminating'],
    ['active', { status: { phase: 'Active' } }, 'ready'],
  ],
  'apiextensions.k8s.io/CustomResourceDefinition': [
    ['new', {}, 'waiting: not established'],
    [
      'names taken',
      { status: { conditions: [condition('NamesAccepted', 'False', { reason: 'PluralConflict' })] } },
      'waiting: its names are not accepted: PluralConflict',
    ],
    ['established', { status: { conditions: [condition('NamesAccepted'), condition('Established')] } }, 'ready'],
  ],
};

for (const [key, rows] of Object.entries(cases)) {
  const [group = '', kind = ''] = key.split('/');
  for (const [title, body, expected] of rows) {
    test(`#28 ${kind}: ${title}`, () => {
      const verdict = gateOf({ group, kind })?.judge({ metadata: { name: 'x', generation: 2 }, ...body });
      assert.ok(verdict);
      const text = verdict.state === 'ready' ? verdict.note : verdict.reason;
      const said = text === undefined ? verdict.state : `${verdict.state}: ${text}`;
      assert.ok(expected === 'ready' ? said === 'ready' : said.startsWith(expected), said);
    });
  }
}

test('what never gates, and who opts out', () => {
  for (const kind of ['CronJob', 'PersistentVolumeClaim', 'ConfigMap'])
    assert.equal(gateOf({ group: '', kind }), undefined);
  assert.equal(gateOf({ group: 'example.com', kind: 'Deployment' }), undefined);
  assert.ok(isGated(applying(0).step));
  assert.ok(isGated(applying(0, { uid: 'u' }).step));
  assert.ok(!isGated(applying(0, { wait: 'none' }).step));
  assert.ok(!isGated(applying(0, { kind: 'ConfigMap', group: '' }).step));
});

function seen(status: NonNullable<Workload['status']>): NonNullable<Workload['status']> {
  return { observedGeneration: 2, ...status };
}

function all(count: number) {
  return { replicas: count, updatedReplicas: count, readyReplicas: count, availableReplicas: count };
}

function rolling(partition: number) {
  return { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } } };
}

function daemons(desired: number, updated: number, ready: number) {
  return { desiredNumberScheduled: desired, updatedNumberScheduled: updated, numberReady: ready };
}
