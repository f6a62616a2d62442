import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod } from '../../../src/runner/gates/shapes.ts';
import { appliedAt, troublesOf, type TroubleFacts } from '../../../src/runner/gates/trouble.ts';

const image = 'ghcr.io/acme/shop:1';
const applied = Date.parse('2026-01-01T00:00:10Z');
const facts: TroubleFacts = { jobsUnfinished: false, isJob: false, appliedAt: applied };
const waiting = (reason: string, message?: string) => ({
  state: { waiting: { reason, ...(message !== undefined && { message }) } },
});
const crashed = { lastState: { terminated: { exitCode: 7, reason: 'Error' } } };
const looping = { ...waiting('CrashLoopBackOff', 'back-off 40s'), ...crashed };
const unscheduled = (message: string) => ({ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message });

function pod(container: Partial<ContainerStatus>, more: Partial<Pod['status'] & Pod['metadata']> = {}): Pod {
  const { conditions = [], creationTimestamp = '2026-01-01T00:00:10Z', ...metadata } = more;
  return {
    metadata: { name: 'shop-1', uid: 'u', creationTimestamp, ...metadata },
    spec: { containers: [{ name: 'web', image }] },
    status: { conditions, containerStatuses: [{ name: 'web', image, ...container }] },
  };
}

/** Title, pod, facts, and 'MS REASON' of the first trouble ('never' for Infinity), or '' for none. */
const cases: [string, Pod, Partial<TroubleFacts>, string][] = [
  ['running', pod({ ready: true, state: { running: {} } }), {}, ''],
  ['starting', pod(waiting('ContainerCreating')), {}, ''],
  [
    'an image that is not there',
    pod(waiting('ErrImagePull', 'code = NotFound desc = x: not found')),
    {},
    '0 pod shop-1, container web: ErrImagePull: code = NotFound',
  ],
  [
    'the same in back-off',
    pod(waiting('ImagePullBackOff', 'ErrImagePull: 401 Unauthorized')),
    {},
    '0 pod shop-1, container web: ImagePullBackOff',
  ],
  [
    'a registry that is away',
    pod(waiting('ErrImagePull', 'dial tcp: i/o timeout')),
    {},
    'never pod shop-1, container web: ErrImagePull',
  ],
  ['a bad name', pod(waiting('InvalidImageName', 'x')), {}, '0 pod shop-1, container web: InvalidImageName: x'],
  ['never to be pulled', pod(waiting('ErrImageNeverPull')), {}, '0 pod shop-1, container web: ErrImageNeverPull'],
  [
    'a missing ConfigMap',
    pod(waiting('CreateContainerConfigError', 'configmap "a" not found')),
    {},
    '30000 pod shop-1, container web: CreateContainerConfigError: configmap "a"',
  ],
  [
    'the same while a Job runs',
    pod(waiting('CreateContainerConfigError', 'x')),
    { jobsUnfinished: true },
    'never pod shop-1',
  ],
  ['four restarts', pod({ ...looping, restartCount: 4 }), {}, 'never pod shop-1, container web: CrashLoopBackOff'],
  [
    'five restarts of a Job',
    pod({ ...looping, restartCount: 5 }),
    { isJob: true },
    'never pod shop-1, container web: CrashLoop',
  ],
  [
    'no memory for a sandbox',
    pod(waiting('RunContainerError', 'oops')),
    {},
    'never pod shop-1, container web: RunContainerError: oops',
  ],
  [
    'between two restarts',
    pod({ state: { terminated: { exitCode: 3, reason: 'Error' } } }),
    {},
    'never pod shop-1, container web ended with exit code 3 (Error)',
  ],
  ['an ended init container', pod({ state: { terminated: { exitCode: 0, reason: 'Completed' } } }), {}, ''],
  [
    'no node',
    pod({}, { conditions: [unscheduled('0/1 nodes are available: 1 Insufficient cpu.')] }),
    {},
    '60000 pod shop-1: Unschedulable: 0/1 nodes',
  ],
  [
    'no volume',
    pod({}, { conditions: [unscheduled('pod has unbound immediate PersistentVolumeClaims')] }),
    {},
    'never pod shop-1: Unschedulable',
  ],
  [
    'a lost claim',
    pod({}, { conditions: [unscheduled('1 node(s) unavailable due to PVC(s) bound to non-existent PV(s)')] }),
    {},
    'never pod',
  ],
  [
    'a pod that is being deleted',
    pod(waiting('InvalidImageName'), { deletionTimestamp: '2026-01-01T00:00:20Z' }),
    {},
    '',
  ],
];

for (const [title, one, more, expected] of cases) {
  test(`early failure: ${title}`, () => {
    const [first] = troublesOf([one], { ...facts, ...more });
    const said = first ? `${first.after === Infinity ? 'never' : first.after} ${first.reason}` : '';
    assert.ok(expected === '' ? said === '' : said.startsWith(expected), said);
  });
}

const restarts = (one: Pod, more: Partial<TroubleFacts> = {}): string[] =>
  troublesOf([one], { ...facts, ...more }).flatMap(({ after, reason }) => (after === 0 ? [reason] : []));

const ANONYMOUS = 'failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized';
const withSecret = (one: Pod): Pod => ({ ...one, spec: { ...one.spec, imagePullSecrets: [{ name: 'ghcr' }] } });

test('a pod with a pull secret that was refused without it is not given up at the first try', () => {
  const tries = [waiting('ErrImagePull', ANONYMOUS), waiting('ImagePullBackOff', `ErrImagePull: ${ANONYMOUS}`)];
  const seen = tries.map((one) => troublesOf([withSecret(pod(one))], facts)[0]);
  assert.deepEqual(
    seen.map((trouble) => [trouble?.after, trouble?.key]),
    [
      [30_000, 'pull u web'],
      [30_000, 'pull u web'],
    ],
  );
  const after = (one: Pod): number | undefined => troublesOf([one], facts)[0]?.after;
  assert.equal(after(pod(waiting('ErrImagePull', ANONYMOUS))), 0);
  const refused = waiting('ErrImagePull', 'failed to fetch oauth token: unexpected status: 403 Forbidden');
  assert.equal(after(withSecret(pod(refused))), 0);
});

test('five restarts are definite, and the last exit code is named', () => {
  const expected = 'pod shop-1, container web has restarted 5 times, last with exit code 7 (Error)';
  assert.deepEqual(restarts(pod({ ...looping, restartCount: 5 })), [expected]);
});

test('five restarts before this rollout, or of a container that is ready now, say nothing', () => {
  const older = { creationTimestamp: '2026-01-01T00:00:09Z' };
  assert.deepEqual(restarts(pod({ ...looping, restartCount: 5 }, older)), []);
  assert.deepEqual(restarts(pod({ ...crashed, restartCount: 9, ready: true, state: { running: {} } })), []);
});

test('init containers count too', () => {
  const one = pod({});
  one.status = { initContainerStatuses: [{ name: 'init', ...waiting('InvalidImageName') }] };
  assert.equal(troublesOf([one], facts)[0]?.reason, 'pod shop-1, container init: InvalidImageName');
});

test('while Jobs run the time of a missing configuration does not pass', () => {
  const one = pod(waiting('CreateContainerConfigError'));
  const [during] = troublesOf([one], { ...facts, jobsUnfinished: true });
  const [after] = troublesOf([one], facts);
  assert.notEqual(during?.key, after?.key);
});

test('when an object was applied is said by the API server', () => {
  const entry = { manager: 'ordo', operation: 'Apply', time: '2026-01-01T00:00:10Z' };
  const others = [
    { ...entry, manager: 'kube-controller-manager', operation: 'Update', time: '2026-01-01T09:00:00Z' },
    { ...entry, subresource: 'status', time: '2026-01-01T09:00:00Z' },
  ];
  const metadata = { name: 'x', creationTimestamp: '2025-01-01T00:00:00Z' };
  assert.equal(appliedAt({ metadata: { ...metadata, managedFields: [entry, ...others] } }, 'ordo'), applied);
  assert.equal(appliedAt({ metadata }, 'ordo'), Date.parse('2025-01-01T00:00:00Z'));
  assert.equal(appliedAt({ metadata: { name: 'x' } }, 'ordo'), 0);
});

/** What the nodes or the registry are to blame for, and what the plan is. */
const causes: [string, Pod, boolean][] = [
  ['a registry that is away', pod(waiting('ImagePullBackOff', 'dial tcp: connection refused')), true],
  ['an image that is not there', pod(waiting('ErrImagePull', 'x: not found')), false],
  [
    'a full disk',
    pod({}, { conditions: [unscheduled('1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }')] }),
    true,
  ],
  [
    'a cordoned node',
    pod({}, { conditions: [unscheduled('0/1 nodes are available: 1 node(s) were unschedulable.')] }),
    true,
  ],
  [
    'a pod larger than the node',
    pod({}, { conditions: [unscheduled('0/1 nodes are available: 1 Insufficient memory.')] }),
    false,
  ],
  [
    'a label that no node has',
    pod({}, { conditions: [unscheduled("1 node(s) didn't match Pod's node affinity/selector")] }),
    false,
  ],
  ['a crash', pod({ ...looping, restartCount: 5 }), false],
];
for (const [title, one, passing] of causes) {
  test(`cause: ${title} ${passing ? 'may pass by itself' : 'is definite'}`, () => {
    assert.equal(troublesOf([one], facts)[0]?.passing === true, passing);
  });
}

test('cause: an evicted pod may come back by itself', () => {
  const one = pod({});
  one.status = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' };
  const [trouble] = troublesOf([one], facts);
  assert.deepEqual([trouble?.passing, trouble?.reason], [true, `pod shop-1: Evicted: ${one.status.message}`]);
});
