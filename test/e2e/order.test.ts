import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { proveOrder } from './order-proof.ts';
import { configMap, deployment, job, namespace, pushApp, secret, service, statefulSet, untilReady } from './samples.ts';
import { installSite, type Site } from './site.ts';
import { until } from './until.ts';
import { isComplete, isGone, isLeaving, isMade, isReady, isRunning, watch, type Watch } from './watch.ts';
import { statesOf } from './workloads.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let site: Site;
let eyes: Watch;
before(async () => {
  world = await openWorld();
  for (const app of ['app', 'db', 'task']) await pushApp(world, app, '1');
  eyes = await watch(world, ['configmaps', 'deployments', 'jobs', 'pods', 'statefulsets']);
  world.probes.set('db', false);
  const installing = installSite({ world, name: 'order', files: firstDeployment() });
  [site] = await Promise.all([installing, letDatabaseStart()]);
});
after(async () => {
  eyes?.stop();
  await world?.close();
});

/** The database says that it is ready only after it was seen to run for a while without being so. */
async function letDatabaseStart(): Promise<void> {
  await eyes.first('pods', 'shop/db-0', 'running', isRunning);
  world.probes.set('db', true);
}

/** Three groups, written in no order: numbers with gaps, equal ones, small and large ones, two folders of one number. */
function firstDeployment(): Record<string, string> {
  const shop = (name: string): string => configMap(name, 'shop', { name });
  const short = (name: string): string => task(name, 'shop', 'sleep 0.5');
  return {
    'deploy/100-web/170-webdeployment.yml': deployment(world, { name: 'web', app: 'app', namespace: 'shop' }),
    'deploy/100-web/7-webconfigmap.yml': shop('web'),
    'deploy/30-app/1000-appdeployment.yml': deployment(world, { name: 'app', namespace: 'shop' }),
    'deploy/30-app/70-twojob.yml': short('two'),
    'deploy/30-app/70-threejob.yml': short('three'),
    'deploy/30-app/60-onejob.yml': short('one'),
    'deploy/30-app/50-bconfigmap.yml': shop('b'),
    'deploy/30-app/50-aconfigmap.yml': shop('a'),
    'deploy/30-extra/55-extraconfigmap.yml': shop('extra'),
    'deploy/30-app/1-appconfigmap.yml': shop('app'),
    'deploy/2-db/170-dbstatefulset.yml': statefulSet(world, { name: 'db', namespace: 'shop', probe: 'db' }),
    'deploy/2-db/150-dbservice.yml': service('db', 'shop', 5432),
    'deploy/2-db/120-migratejob.yml': short('migrate'),
    'deploy/2-db/100-dbconfigmap.yml': shop('db'),
    'deploy/2-db/40-dbsecret.yml': secret('db', 'shop', { password: 'not-told' }),
    'deploy/2-db/10-shopnamespace.yml': namespace('shop'),
  };
}

function task(name: string, where: string, script: string): string {
  const container = `command: ['/bin/sh', '-c', ${JSON.stringify(script)}]`;
  return job(world, { name, app: 'task', namespace: where, container });
}

/** Runs until the test says that `probe` is ready. */
function steeredTask(name: string, where: string, probe: string): string {
  world.probes.set(probe, false);
  return job(world, { name, app: 'task', namespace: where, container: untilReady(world, probe) });
}

const made = (resource: Parameters<Watch['first']>[0], name: string): Promise<number> =>
  eyes.first(resource, name, 'made', isMade);
const complete = (name: string): Promise<number> => eyes.first('jobs', name, 'complete', isComplete);

test('D19 D20 D21 D22 #16 a first deployment of three groups is written strictly by number', async () => {
  const entry = (await site.history()).at(-1);
  assert.ok(entry?.state === 'done');
  const { stages } = await proveOrder(world, entry);
  assert.deepEqual(stages.slice(1), [
    ['apply Namespace/shop'],
    ['apply Secret/shop/db', 'apply ConfigMap/shop/db', 'apply Job/shop/migrate'],
    ['apply Service/shop/db', 'apply StatefulSet/shop/db'],
    ['app', 'a', 'b', 'extra'].map((name) => `apply ConfigMap/shop/${name}`).concat('apply Job/shop/one'),
    ['apply Job/shop/three', 'apply Job/shop/two'],
    ['apply Deployment/shop/app'],
    ['apply ConfigMap/shop/web', 'apply Deployment/shop/web'],
  ]);
});

test('#16 D22 Jobs with rising numbers run one after another, and what follows waits for the last', async () => {
  assert.ok((await complete('shop/migrate')) < (await made('statefulsets', 'shop/db')));
  const second = Math.min(await made('jobs', 'shop/two'), await made('jobs', 'shop/three'));
  assert.ok((await complete('shop/one')) < second);
  const last = Math.max(await complete('shop/two'), await complete('shop/three'));
  assert.ok(last < (await made('deployments', 'shop/app')));
});

test('D23 #28 databases first: a group starts when the workloads of the group before it are ready', async () => {
  const ready = await eyes.first('statefulsets', 'shop/db', 'ready', isReady);
  assert.ok((await eyes.first('pods', 'shop/db-0', 'running', isRunning)) < ready);
  assert.ok(ready < (await made('configmaps', 'shop/app')));
  const app = await eyes.first('deployments', 'shop/app', 'ready', isReady);
  assert.ok(app < (await made('configmaps', 'shop/web')));
});

test('D22 what has a higher number than a Job is written when the Job is complete', async () => {
  const commit = await site.commit({
    'deploy/200-quick/10-quicknamespace.yml': namespace('quick'),
    'deploy/200-quick/20-quickjob.yml': steeredTask('quick', 'quick', 'quick'),
    'deploy/200-quick/100-afterconfigmap.yml': configMap('after', 'quick', {}),
  });
  await eyes.first('jobs', 'quick/quick', 'running', ({ object }) => object.status?.ready === 1);
  world.probes.set('quick', true);
  await site.deployed(commit);
  assert.ok((await complete('quick/quick')) < (await made('configmaps', 'quick/after')));
});

test('D22 a Job that runs for more than 30 s is waited for at the end of its group', async () => {
  const commit = await site.commit({
    'deploy/210-slow/10-slownamespace.yml': namespace('slow'),
    'deploy/210-slow/20-slowjob.yml': steeredTask('slow', 'slow', 'slow'),
    'deploy/210-slow/100-besideconfigmap.yml': configMap('beside', 'slow', {}),
    'deploy/211-next/10-nextconfigmap.yml': configMap('next', 'slow', {}),
  });
  const beside = await made('configmaps', 'slow/beside');
  world.probes.set('slow', true);
  await site.deployed(commit);
  const end = await complete('slow/slow');
  assert.ok(beside < end);
  assert.ok(end < (await made('configmaps', 'slow/next')));
  const { steps } = await site.ended(commit);
  const reason = steps.find(({ object }) => object === 'Job/slow/slow')?.reason ?? '';
  assert.match(reason, /ran for long: waited for at the end of its group/);
});

test('#28 a Deployment that is not ready blocks the next group, although one whose name begins like it is ready', async () => {
  for (const probe of ['api', 'api-worker']) world.probes.set(probe, false);
  const api = (name: string): string => deployment(world, { name, app: 'app', namespace: 'names', probe: name });
  const commit = await site.commit({
    'deploy/220-names/10-namesnamespace.yml': namespace('names'),
    'deploy/220-names/20-apideployment.yml': api('api'),
    'deploy/220-names/21-apiworkerdeployment.yml': api('api-worker'),
    'deploy/221-next/10-nextconfigmap.yml': configMap('next', 'names', {}),
  });
  world.probes.set('api-worker', true);
  const worker = await eyes.first('deployments', 'names/api-worker', 'ready', isReady);
  // The pod is asked once a second, and the gate looks as often: who takes the one for the other has gone on by then.
  const asked = (): number => world.probes.requests().filter(({ name }) => name === 'api').length;
  const enough = asked() + 3;
  await until('the pod that is not ready to be asked three times more', async () => asked() >= enough);
  world.probes.set('api', true);
  await site.deployed(commit);
  const ready = await eyes.first('deployments', 'names/api', 'ready', isReady);
  assert.ok(worker < ready);
  assert.ok(ready < (await made('configmaps', 'names/next')));
});

test('D22 D23 #28 a gate that fails stops everything after it and says which pod and why', async () => {
  const failing = {
    'deploy/230-bad/10-badnamespace.yml': namespace('bad'),
    'deploy/230-bad/20-baddeployment.yml': deployment(world, {
      name: 'bad',
      namespace: 'bad',
      image: 'ghcr.io/acme/never-pushed:1',
    }),
    'deploy/230-bad/30-neighbourconfigmap.yml': configMap('neighbour', 'bad', {}),
    'deploy/231-next/10-nextconfigmap.yml': configMap('next', 'bad', {}),
    'deploy/1000-last/10-lastconfigmap.yml': configMap('last', 'bad', {}),
  };
  const before = await site.sha();
  const commit = await site.commit(failing);
  const entry = await site.ended(commit);
  assert.equal(entry.state, 'failed');
  assert.equal(await site.sha(), before);
  assert.deepEqual(statesOf(entry), {
    'Namespace/bad': 'done',
    'Deployment/bad/bad': 'failed',
    'ConfigMap/bad/neighbour': 'done',
    'ConfigMap/bad/next': 'not-reached',
    'ConfigMap/bad/last': 'not-reached',
  });
  const [pod] = eyes.of('pods', ({ metadata }) => metadata.namespace === 'bad');
  const reason = entry.steps.find(({ state }) => state === 'failed')?.reason ?? '';
  assert.match(reason, new RegExp(`pod ${pod?.object.metadata.name}, container main: (ErrImagePull|ImagePullBackOff)`));
  assert.match(reason, /never-pushed/);
  // What was not reached was not written: the proof takes no write that no step stands for.
  await proveOrder(world, entry);

  const fixed = await site.rollOut({
    'deploy/230-bad/20-baddeployment.yml': deployment(world, { name: 'bad', app: 'app', namespace: 'bad' }),
  });
  const ready = await eyes.first('deployments', 'bad/bad', 'ready', isReady);
  assert.ok(ready < (await made('configmaps', 'bad/next')));
  await proveOrder(world, await site.ended(fixed));
});

test('#16 workloads of a group are removed together, then the group is applied; the rest is removed last, from the highest number down', async () => {
  // Slow to go, so that a delete that waited for the one before it would come after its end, on a busy machine too.
  const container = (value: string): string =>
    `command: ['/bin/sleep', '100000']\nenv: [{ name: VERSION, value: "${value}" }]`;
  const workload = (name: string, value: string): string =>
    deployment(world, { name, app: 'app', namespace: 'change', container: container(value) }).replace(
      'terminationGracePeriodSeconds: 1',
      'terminationGracePeriodSeconds: 6',
    );
  await site.rollOut({
    'deploy/240-one/10-changenamespace.yml': namespace('change'),
    'deploy/240-one/20-gonefirstconfigmap.yml': configMap('gone-first', 'change', {}),
    'deploy/240-one/30-keptconfigmap.yml': configMap('kept', 'change', { version: '1' }),
    'deploy/240-one/40-goneservice.yml': service('gone', 'change'),
    'deploy/240-one/170-adeployment.yml': workload('a', '1'),
    'deploy/240-one/180-gonedeployment.yml': workload('gone', '1'),
    'deploy/240-one/1000-bdeployment.yml': workload('b', '1'),
    'deploy/241-two/20-gonelastconfigmap.yml': configMap('gone-last', 'change', {}),
    'deploy/241-two/30-gonesecret.yml': secret('gone', 'change', { key: 'value' }),
    'deploy/241-two/170-cdeployment.yml': workload('c', '1'),
  });
  const commit = await site.rollOut({
    'deploy/240-one/20-gonefirstconfigmap.yml': null,
    'deploy/240-one/30-keptconfigmap.yml': configMap('kept', 'change', { version: '2' }),
    'deploy/240-one/40-goneservice.yml': null,
    'deploy/240-one/170-adeployment.yml': workload('a', '2'),
    'deploy/240-one/180-gonedeployment.yml': null,
    'deploy/240-one/1000-bdeployment.yml': workload('b', '2'),
    'deploy/241-two/20-gonelastconfigmap.yml': null,
    'deploy/241-two/30-gonesecret.yml': null,
    'deploy/241-two/170-cdeployment.yml': workload('c', '2'),
  });
  const { stages } = await proveOrder(world, await site.ended(commit));
  assert.deepEqual(stages, [
    ['Service/change/gone', 'Deployment/change/a', 'Deployment/change/gone', 'Deployment/change/b'].map(
      (name) => `delete ${name}`,
    ),
    ['apply ConfigMap/change/kept', 'apply Deployment/change/a', 'apply Deployment/change/b'],
    ['delete Deployment/change/c'],
    ['apply Deployment/change/c'],
    ['delete Secret/change/gone'],
    ['delete ConfigMap/change/gone-last'],
    ['delete ConfigMap/change/gone-first'],
  ]);
  const together = ['change/a', 'change/gone', 'change/b'];
  const leaving = await Promise.all(together.map((name) => eyes.first('deployments', name, 'leaving', isLeaving)));
  const gone = await Promise.all(together.map((name) => eyes.first('deployments', name, 'gone', isGone)));
  assert.ok(Math.max(...leaving) < Math.min(...gone), 'one was waited for before the next was deleted');
});
