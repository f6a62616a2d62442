import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCreating, isPulling } from '../../../src/runner/gates/pulling.ts';
import type { ContainerState, ContainerStatus, Pod } from '../../../src/runner/gates/shapes.ts';

const waiting = (reason: string): ContainerState => ({ waiting: { reason } });
const pod = (state: ContainerState, more: Partial<ContainerStatus> = {}, metadata = {}): Pod => ({
  metadata: { name: 'p', ...metadata },
  status: { containerStatuses: [{ name: 'c', state, ...more }] },
});
const pods: [what: string, pod: Pod, expected: boolean][] = [
  ['its container is being created', pod(waiting('ContainerCreating')), true],
  ['its container waits for those that initialise', pod(waiting('PodInitializing')), true],
  ['it has its image', pod(waiting('ContainerCreating'), { imageID: 'sha256:1' }), false],
  ['the pull has failed', pod(waiting('ImagePullBackOff')), false],
  ['it runs', pod({ running: {} }), false],
  ['it is going', pod(waiting('ContainerCreating'), {}, { deletionTimestamp: 'now' }), false],
  ['nothing is said of it', { metadata: { name: 'p' } }, false],
];
for (const [what, subject, expected] of pods) {
  test(`a pod ${expected ? 'may be' : 'is not'} pulling: ${what}`, () => assert.equal(isCreating(subject), expected));
}

// Events of a kubelet 1.34.
const pulling = { reason: 'Pulling', message: 'Pulling image "a:1"', count: 1 };
const pulled = {
  reason: 'Pulled',
  message: 'Successfully pulled image "a:1" in 6s (6s including waiting). Image size: 1 bytes.',
  count: 1,
};
const present = { reason: 'Pulled', message: 'Container image "b:1" already present on machine', count: 1 };
const failed = { reason: 'Failed', message: 'Failed to pull image "a:1": i/o timeout', count: 1 };
const error = { reason: 'Failed', message: 'Error: ErrImagePull', count: 1 };
const events: [what: string, events: Parameters<typeof isPulling>[0], expected: boolean][] = [
  ['nothing has begun', [], false],
  ['a pull has begun', [present, pulling], true],
  ['it has ended', [pulling, pulled], false],
  ['it has failed', [pulling, failed, error], false],
  ['it was begun again', [{ ...pulling, count: 2 }, failed, error], true],
  ['a second one has begun', [pulling, pulled, pulling], true],
];
for (const [what, said, expected] of events) {
  test(`an image ${expected ? 'is' : 'is not'} being pulled: ${what}`, () => assert.equal(isPulling(said), expected));
}
