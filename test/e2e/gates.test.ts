import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { uids, type Live } from './footprints.ts';
import { FIRST_CONSUMER, firstRows, IN, secondRows, SLOW_IMAGE, STEERED } from './gate-rows.ts';
import { proveOrder } from './order-proof.ts';
import { namespace, pushApp } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import * as is from './watch.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let site: Site;
let eyes: is.Watch;
let first: HistoryEntry;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'app', '1');
  // In no other file: what the node has of an image already it does not ask for.
  await pushApp(world, 'slow', 'slow-at-the-gates');
  eyes = await is.watch(world, [
    ...(['configmaps', 'customresourcedefinitions', 'daemonsets', 'deployments', 'jobs', 'namespaces'] as const),
    ...(['pods', 'replicasets', 'statefulsets'] as const),
  ]);
  site = await installSite({
    world,
    name: 'gates',
    files: {
      'deploy/2-gates/10-gatesnamespace.yml': namespace(IN),
      'deploy/2-gates/20-storageclass.yml': FIRST_CONSUMER,
      ...secondRows(world, 'old'),
    },
  });
  await makeLeaving();
  for (const name of ['never', 'insists', ...STEERED]) world.probes.set(name, false);
  const commit = await site.commit(firstRows(world));
  first = await through(commit, [letGo(), ...STEERED.map(steer), slowRegistry(), insist()]);
});
after(async () => {
  // Were it still there, no other test could begin.
  await finalizers('null').catch(() => undefined);
  eyes?.stop();
  await world?.close();
});

// What the test lets happen while the rollout runs -------------------------------------------------------------------

/** A rollout that fails is over before everything was steered. */
const through = (commit: string, steering: Promise<void>[]): Promise<HistoryEntry> =>
  Promise.race([site.ended(commit, 600), Promise.all(steering).then(() => site.ended(commit))]);

const questions = (name: string): number => world.probes.requests().filter((request) => request.name === name).length;

/** A pod is asked once a second and a gate looks as often: who does not wait has gone on when it was asked some times more. */
async function askedMore(name: string, times = 3): Promise<void> {
  const enough = questions(name) + times;
  await until(`${name} to be asked ${times} times more`, async () => questions(name) >= enough);
}

async function steer(name: string): Promise<void> {
  await askedMore(name);
  world.probes.set(name, true);
}

/** A namespace that is going away, and cannot. */
async function makeLeaving(): Promise<void> {
  await site.kubectl('create', 'namespace', 'leaving');
  await site.kubectl('-n', 'leaving', 'create', 'configmap', 'stays');
  await finalizers('["gates.example/stays"]');
  await site.kubectl('delete', 'namespace', 'leaving', '--wait=false');
}

const finalizers = (list: string): Promise<string> =>
  site.kubectl('-n', 'leaving', 'patch', 'configmap', 'stays', '-p', `{"metadata":{"finalizers":${list}}}`);

async function letGo(): Promise<void> {
  const log = (): Promise<string> =>
    site.kubectl('-n', NAMESPACE, 'logs', '-l', 'app=ordo-runner', '--tail=-1').catch(String);
  await until("the namespace's group to begin", async () => /"msg":"group begins".*"group":"20"/.test(await log()));
  await finalizers('null');
}

/** The image is refused with 503 at first; then it takes longer than a Job may run before it is left for later. */
async function slowRegistry(): Promise<void> {
  const isAsked = ({ path }: { path: string }): boolean => path.startsWith(`/v2/${SLOW_IMAGE}/`);
  world.registry.fail({ match: isAsked, status: 503 });
  const pulled = `the pod of ${IN}/slow`;
  const which = ({ metadata }: is.Watched): boolean => metadata.labels?.['instance'] === 'slow';
  await until(`${pulled} to have no image`, async () => eyes.of('pods', which).some(is.waitsFor('ErrImagePull')));
  world.registry.fail({
    match: (request) => isAsked(request) && request.path.includes('/blobs/'),
    delay: 28_000,
    times: 1,
  });
}

async function insist(): Promise<void> {
  await until('the slow Job to be complete', async () => eyes.of('jobs', `${IN}/slow`).some(is.isComplete));
  await askedMore('insists', 10);
  world.probes.set('insists', true);
}

// What was seen --------------------------------------------------------------------------------------------------------

/** When the ConfigMap with which a group begins, or goes on behind a Job, was written. */
const begun = (name: string): Promise<number> => eyes.first('configmaps', `${IN}/${name}`, 'made', is.isMade);
const stepOf = ({ steps }: HistoryEntry, object: string) => steps.find((step) => step.object === object);
const failures = ({ steps }: HistoryEntry): string => JSON.stringify(steps.filter(({ state }) => state !== 'done'));
const reasonOf = (entry: HistoryEntry, object: string): string => stepOf(entry, object)?.reason ?? '';

test('D22 #28 the rollout through all gates is done, in the order of the numbers', async () => {
  assert.equal(first.steps.length, Object.keys(firstRows(world)).length);
  assert.equal(first.state, 'done', failures(first));
  await proveOrder(world, first);
});

test('D22 a Namespace that is still going away is waited for; it is made anew, then what is in it', async () => {
  const gone = await eyes.first('namespaces', '/leaving', 'gone', is.isGone);
  const again = await eyes.first('namespaces', '/leaving', 'made again', is.isMade, gone);
  const inside = await eyes.first('configmaps', 'leaving/inside', 'made', is.isMade);
  assert.ok(gone < again && again < inside);
});

test('J14 D22 a CRD is established before its custom resource is written, in one group and in two', async () => {
  for (const kind of ['widget', 'gadget']) {
    const crd = await eyes.first('customresourcedefinitions', `/${kind}s.gates.example`, 'there', is.isEstablished);
    const made = await site.get<Live>(`${kind}.gates.example`, 'one', IN);
    // Nobody has written it since: this is the revision of its creation.
    assert.ok(crd < Number(made?.metadata.resourceVersion), kind);
  }
});

const isAvailable: is.Is = ({ object }) => object.status?.availableReplicas === 1;
const allDaemonsReady: is.Is = ({ object }) => object.status?.numberReady === 1;
const hasSucceeded: is.Is = ({ object }) => object.status?.phase === 'Succeeded';
const ROWS = [
  ['a Deployment: available, not only ready', 'deployments', 'deployment', isAvailable, 'daemonset'],
  ['a DaemonSet: ready on its nodes', 'daemonsets', 'daemonset', allDaemonsReady, 'statefulset'],
  ['a StatefulSet: ready', 'statefulsets', 'statefulset', is.isReady, 'replicaset'],
  ['a ReplicaSet: ready', 'replicasets', 'replicaset', is.isReady, 'pod'],
  ['a bare Pod: Ready', 'pods', 'pod', is.isPodReady, 'finished'],
  ['a bare Pod that ends: Succeeded', 'pods', 'finished', hasSucceeded, 'passed'],
] as const;
for (const [title, resource, name, isSo, next] of ROWS) {
  test(`D23 #28 the next group waits for ${title}`, async () => {
    const ready = await eyes.first(resource, `${IN}/${name}`, 'ready', isSo);
    assert.ok(ready < (await begun(next)));
  });
}

test('D23 0 replicas, paused, suspended and without a node: passed and noted; a CronJob, a claim and wait: none hold nobody up', async () => {
  assert.equal(reasonOf(first, 'Deployment/gates/zero'), '0 replicas');
  assert.equal(reasonOf(first, 'StatefulSet/gates/zero'), '0 replicas');
  assert.equal(reasonOf(first, 'Deployment/gates/paused'), 'paused');
  assert.equal(reasonOf(first, 'Job/gates/suspended'), 'suspended');
  assert.equal(reasonOf(first, 'DaemonSet/gates/nowhere'), 'no node wants it');
  for (const object of ['CronJob/gates/cronjob', 'PersistentVolumeClaim/gates/claim', 'Deployment/gates/never']) {
    assert.equal(stepOf(first, object)?.state, 'done');
  }
  const phase = await site.kubectl('-n', IN, 'get', 'pvc', 'claim', '-o=jsonpath={.status.phase}');
  assert.equal(phase, 'Pending');
  const never = eyes.of('deployments', `${IN}/never`);
  assert.ok(never.length > 0 && !never.some(isAvailable));
});

test('D22 #35 a Job that its TTL takes at once is done when its pod has succeeded', async () => {
  const isOfJob = ({ metadata }: is.Watched): boolean => metadata.labels?.['instance'] === 'ttl';
  const ended = eyes.of('pods', isOfJob).find(hasSucceeded)?.revision ?? Infinity;
  assert.ok(ended < (await begun('ttl-after')));
  assert.equal(stepOf(first, 'Job/gates/ttl')?.state, 'done');
  assert.equal(await site.get('job', 'ttl', IN), undefined);
});

test('D22 a slow registry, and one that answers 503, fails nothing: a Job’s image may take longer than 30 s', async () => {
  const complete = await eyes.first('jobs', `${IN}/slow`, 'complete', is.isComplete);
  assert.ok(complete < (await begun('slow-after')));
  const { begin = '', end = '', reason } = stepOf(first, 'Job/gates/slow') ?? {};
  assert.ok(Date.parse(end) - Date.parse(begin) > 30_000, 'it took no longer than a Job that runs may take');
  assert.equal(reason, undefined, 'pulling was counted as running');
});

test('D22 ordo.dev/wait: complete insists on a Job that runs for more than 30 s', async () => {
  const { begin = '', end = '', reason } = stepOf(first, 'Job/gates/insists') ?? {};
  assert.ok(Date.parse(end) - Date.parse(begin) > 30_000);
  assert.equal(reason, undefined);
  const complete = await eyes.first('jobs', `${IN}/insists`, 'complete', is.isComplete);
  assert.ok(complete < (await begun('slow-after')));
});

test('D23 #28 what changes in place: no old pods; above the partition; and with OnDelete ready, whatever the version', async () => {
  const pods = ['pod/partition-0', 'pod/partition-1', 'pod/ondelete-0'];
  const before = await uids(site, IN, pods);
  for (const name of ['roll-new', 'partition-new', 'ondelete-old']) world.probes.set(name, false);
  const since = Number((await site.get<Live>('pod', 'ondelete-0', IN))?.metadata.resourceVersion);
  const isNotReady: is.Is = (sight) => !is.isPodReady(sight);
  const unready = await eyes.first('pods', `${IN}/ondelete-0`, 'no longer ready', isNotReady, since);
  const commit = await site.commit(secondRows(world, 'new'));
  const third = begun('new-ondelete').then(() => steer('ondelete-old'));
  const second = await through(commit, [...['roll-new', 'partition-new'].map(steer), third]);
  assert.equal(second.state, 'done', failures(second));

  const isRolled: is.Is = ({ object: { status = {} } }) =>
    status.observedGeneration === 2 && status.updatedReplicas === 1 && status.replicas === 1;
  const rolled = await eyes.first('deployments', `${IN}/roll`, 'rolled', isRolled, unready);
  assert.ok(rolled < (await begun('new-partition')));
  const upper = await eyes.first('pods', `${IN}/partition-1`, 'made anew', is.isMade, unready);
  const ready = await eyes.first('pods', `${IN}/partition-1`, 'ready', is.isPodReady, upper);
  assert.ok(ready < (await begun('new-ondelete')));
  const readyAgain = await eyes.first('pods', `${IN}/ondelete-0`, 'ready', is.isPodReady, unready);
  assert.ok(readyAgain < (await begun('new-last')));

  const now = await uids(site, IN, pods);
  assert.deepEqual(
    pods.filter((name) => now[name] !== before[name]),
    ['pod/partition-1'],
  );
  assert.equal(reasonOf(second, 'StatefulSet/gates/partition'), 'partition 1: pods below it keep the old version');
  for (const kind of ['StatefulSet', 'DaemonSet']) {
    const note = 'OnDelete: pods are replaced when someone deletes them';
    assert.equal(reasonOf(second, `${kind}/gates/ondelete`), note);
  }
});
