import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPulling } from '../../../src/runner/gates/pulling.ts';
import type { ContainerState, ContainerStatus, Pod } from '../../../src/runner/gates/shapes.ts';

const creating: ContainerState = { waiting: { reason: 'ContainerCreating' } };
const initializing: ContainerState = { waiting: { reason: 'PodInitializing' } };
const running: ContainerState = { running: {} };
const ended: ContainerState = { terminated: { exitCode: 0 } };
const one = (state: ContainerState, more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name: 'c',
  state,
  ...more,
});

function pod(main: ContainerStatus[], init: ContainerStatus[] = [], isReadyToStart = true): Pod {
  const conditions = [{ type: 'PodReadyToStartContainers', status: isReadyToStart ? 'True' : 'False' }];
  return { metadata: { name: 'p' }, status: { conditions, initContainerStatuses: init, containerStatuses: main } };
}

const rows: [what: string, pod: Pod, expected: boolean][] = [
  ['the container is being created, and nothing stands in its way', pod([one(creating)]), true],
  ['its volumes are not mounted yet', pod([one(creating)], [], false), false],
  ['it has its image', pod([one(creating, { imageID: 'sha256:1' })]), false],
  ['it runs', pod([one(running)]), false],
  ['a second one is being created', pod([one(running), one(creating)]), true],
  ['the pull fails', pod([one({ waiting: { reason: 'ErrImagePull' } })]), false],
  ['the first one that initialises has no image yet', pod([one(initializing)], [one(initializing)]), true],
  ['it runs, and the others wait', pod([one(initializing)], [one(running)]), false],
  ['it has crashed', pod([one(initializing)], [one({ terminated: { exitCode: 1 } })]), false],
  ['it has ended, and the next one has no image', pod([one(initializing)], [one(ended)]), true],
  ['a sidecar runs beside', pod([one(initializing)], [one(running, { started: true })]), true],
  ['the pod is going', { ...pod([one(creating)]), metadata: { name: 'p', deletionTimestamp: 'now' } }, false],
];
for (const [what, subject, expected] of rows) {
  test(`a pod ${expected ? 'pulls' : 'does not pull'}: ${what}`, () => assert.equal(isPulling(subject), expected));
}
