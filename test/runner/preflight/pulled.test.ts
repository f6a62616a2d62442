import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerState, Pod } from '../../../src/runner/gates/shapes.ts';
import { judgePull } from '../../../src/runner/preflight/pulled.ts';

const IMAGE = 'ghcr.io/acme/app:1';
const waiting = (reason: string, message = ''): ContainerState => ({ waiting: { reason, message } });
const pod = (state: ContainerState, more: Pod['status'] = {}): Pod => ({
  metadata: { name: 'p' },
  status: { containerStatuses: [{ name: 'image-0', state }], ...more },
});
const unscheduled = { type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' };

const rows: [what: string, pod: Pod, state: ReturnType<typeof judgePull>['state']][] = [
  ['nothing is said yet', { metadata: { name: 'p' } }, 'pulling'],
  ['it is being created', pod(waiting('ContainerCreating')), 'pulling'],
  ['the start failed', pod({ terminated: { exitCode: 128, reason: 'StartError' } }), 'pulled'],
  ['the start is tried again', pod(waiting('RunContainerError', 'no such file')), 'pulled'],
  ['the container could not be made', pod(waiting('CreateContainerError')), 'pulled'],
  ['there is no such image', pod(waiting('ErrImagePull', 'failed to resolve: not found')), 'definite'],
  ['the registry is away', pod(waiting('ImagePullBackOff', 'dial tcp: i/o timeout')), 'passing'],
  ['no image is called so', pod(waiting('InvalidImageName')), 'definite'],
  [
    'the pod had its time',
    pod(
      { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } },
      { phase: 'Failed', reason: 'DeadlineExceeded' },
    ),
    'passing',
  ],
  ['the node took no pod', { metadata: { name: 'p' }, status: { phase: 'Failed', reason: 'OutOfpods' } }, 'unable'],
  ['no node was found', { metadata: { name: 'p' }, status: { conditions: [unscheduled] } }, 'unable'],
];
for (const [what, subject, state] of rows) {
  test(`an image is ${state} when ${what}`, () => assert.equal(judgePull(subject, 'image-0', IMAGE).state, state));
}

test('an image that was refused without the pull secret is definitely not to be had after some tries', () => {
  const text = 'failed to fetch anonymous token: unexpected status: 401 Unauthorized';
  const refused = pod(waiting('ErrImagePull', text));
  const expected = { state: 'definite', reason: `ErrImagePull: ${text}` };
  assert.deepEqual(judgePull(refused, 'image-0', IMAGE), { ...expected, after: 0 });
  const withSecret = { ...refused, spec: { imagePullSecrets: [{ name: 'ghcr' }] } };
  assert.deepEqual(judgePull(withSecret, 'image-0', IMAGE), { ...expected, after: 30_000 });
});
