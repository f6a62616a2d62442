import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { nameOf } from '../../src/domain/identity.ts';
import { newest, planSays, stepsOf, uids, type Live } from './footprints.ts';
import { configMap, cronJob, deployment, namespace, pushApp, statefulSet, type WorkloadOptions } from './samples.ts';
import { ACCOUNT, installSite, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

const IMAGE = `ghcr.io/${ACCOUNT}/app:main`;

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'app', '1');
  world.probes.set('busy', false);
  site = await installSite({
    world,
    name: 'policies',
    files: {
      'deploy/20-kept/10-keptnamespace.yml': namespace('kept'),
      'deploy/20-kept/20-keptconfigmap.yml': kept('1'),
      'deploy/30-scaled/10-scalednamespace.yml': namespace('scaled'),
      'deploy/30-scaled/20-scaleddeployment.yml': scaled({ replicas: 2 }),
      'deploy/40-busy/10-busynamespace.yml': namespace('busy'),
      'deploy/40-busy/20-busycronjob.yml': busy('every minute', 'first'),
      'deploy/50-data/10-datanamespace.yml': namespace('data'),
      'deploy/50-data/20-datavolume.yml': VOLUME,
      'deploy/50-data/30-datastatefulset.yml': data({ color: 'red' }),
      'deploy/60-rolling/10-rollingnamespace.yml': namespace('rolling'),
      'deploy/60-rolling/15-rollingconfigmap.yml': configMap('rolling', 'rolling', { color: 'red' }),
      'deploy/60-rolling/20-rollingdeployment.yml': rolling('rolling', 'rolling'),
    },
  });
});
after(() => world?.close());

test('J18 ordo.dev/prune: "false" keeps an object that leaves Git, and lets it come back', async () => {
  const path = 'deploy/20-kept/20-keptconfigmap.yml';
  const { metadata: before } = await read<Live>('configmap', 'kept', 'kept');
  const { rollout } = await newest(site);
  await site.rollOut({ [path]: null });
  const { metadata: now } = await read<Live>('configmap', 'kept', 'kept');
  assert.equal(now.resourceVersion, before.resourceVersion);
  assert.equal((await newest(site)).rollout, rollout, 'there was a rollout');
  await planSays(site, /^kept in the cluster \(ordo.dev\/prune\)\n +\/ConfigMap\/kept\/kept$/m);
  assert.ok((await site.inventory()).objects.some((object) => nameOf(object) === 'ConfigMap/kept/kept'));

  await site.rollOut({ [path]: kept('2') });
  const back = await read<Live>('configmap', 'kept', 'kept');
  assert.deepEqual([back.metadata.uid, back.data?.['value']], [before.uid, '2']);

  await site.rollOut({ [path]: configMap('kept', 'kept', { value: '2' }) });
  await site.rollOut({ [path]: null });
  assert.equal(await site.get('configmap', 'kept', 'kept'), undefined, 'without the annotation it goes');
});

test('ordo.dev/ignore-fields: spec.replicas: Git says how many there are at first, and never again', async () => {
  const path = 'deploy/30-scaled/20-scaleddeployment.yml';
  const replicas = async (): Promise<number | undefined> =>
    (await read<Deployment>('deployment', 'scaled', 'scaled')).spec.replicas;
  assert.equal(await replicas(), 2);
  const { metadata: first } = await read<Live>('deployment', 'scaled', 'scaled');
  await site.rollOut({ [path]: scaled({ annotations: { note: 'changed' } }) });
  assert.equal(await replicas(), 2, 'Ordo owned it alone, did not state it any more, and it fell back to the default');

  await site.kubectl('-n', 'scaled', 'scale', 'deployment', 'scaled', '--replicas=3');
  await site.rollOut({ [path]: scaled({ replicas: 1, annotations: { note: 'again' } }) });
  assert.equal(await replicas(), 3, 'somebody scaled it, and Ordo undid it');
  const { rollout } = await newest(site);
  await site.rollOut({ [path]: scaled({ replicas: 5, annotations: { note: 'again' } }) });
  assert.equal((await newest(site)).rollout, rollout, 'a change of the field alone was rolled out');
  assert.equal((await read<Live>('deployment', 'scaled', 'scaled')).metadata.uid, first.uid);

  await site.rollOut({ [path]: scaled({ container: 'env: [{ name: COLOR, value: red }]' }) });
  assert.notEqual((await read<Live>('deployment', 'scaled', 'scaled')).metadata.uid, first.uid);
  assert.equal(await replicas(), 3, 'made anew it is as large as it was');
});

test('#11 the claims of a StatefulSet that takes them along stay when it is made anew, and its pods are new', async () => {
  const path = 'deploy/50-data/30-datastatefulset.yml';
  const seen = () => uids(site, 'data', ['statefulset/data', 'pod/data-0', 'pvc/data-data-0']);
  const changes: [what: string, text: string][] = [
    ['a change of the pod template', data({ color: 'blue' })],
    ['a change of the selector', data({ color: 'blue', instance: 'renamed' })],
  ];
  for (const [what, text] of changes) {
    const before = await seen();
    await site.rollOut({ [path]: text });
    const now = await seen();
    assert.equal(now['pvc/data-data-0'], before['pvc/data-data-0'], `${what}: the claim was deleted`);
    assert.notEqual(now['statefulset/data'], before['statefulset/data'], what);
    assert.notEqual(now['pod/data-0'], before['pod/data-0'], what);
    const owner = `-o=jsonpath={.metadata.ownerReferences[0].uid}`;
    const ownerOfClaim = (): Promise<string> => site.kubectl('-n', 'data', 'get', 'pvc', 'data-data-0', owner);
    await until('the claim to belong to the new one', async () => (await ownerOfClaim()) === now['statefulset/data']);
  }
});

test('D16 configuration of a workload that rolls: its pods are made anew in place, once', async () => {
  const { metadata: before } = await read<Live>('deployment', 'rolling', 'rolling');
  const red = await podsOf('rolling');
  const color = (value: string): string => configMap('rolling', 'rolling', { color: value });
  await site.rollOut({ 'deploy/60-rolling/15-rollingconfigmap.yml': color('blue') });
  assert.deepEqual(stepsOf(await newest(site)), [
    'apply ConfigMap/rolling/rolling',
    'restart Deployment/rolling/rolling',
  ]);
  const blue = await podsOf('rolling');
  assert.notDeepEqual(blue, red, 'the pods still read the old value');
  assert.equal((await read<Live>('deployment', 'rolling', 'rolling')).metadata.uid, before.uid);

  const noted = rolling('rolling', 'rolling').replace('\nspec:', '\n    note: changed\nspec:');
  await site.rollOut({ 'deploy/60-rolling/20-rollingdeployment.yml': noted });
  assert.deepEqual(stepsOf(await newest(site)), ['apply Deployment/rolling/rolling']);
  assert.deepEqual(await podsOf('rolling'), blue, 'an apply that does not state the restart takes it back');
});

test('what cannot change of a workload that rolls is held, until recreating it is allowed', async () => {
  const path = 'deploy/60-rolling/20-rollingdeployment.yml';
  const { metadata: before } = await read<Live>('deployment', 'rolling', 'rolling');
  await site.rollOut({ [path]: rolling('rolling', 'renamed') });
  await planSays(site, /hold +Deployment\/rolling\/rolling .*ordo.dev\/update: recreate allows/);
  const { metadata: now } = await read<Live>('deployment', 'rolling', 'rolling');
  assert.equal(now.annotations?.['ordo.dev/hash'], before.annotations?.['ordo.dev/hash']);

  await site.rollOut({ [path]: rolling('recreate', 'renamed') });
  assert.notEqual((await read<Live>('deployment', 'rolling', 'rolling')).metadata.uid, before.uid);
});

test('a CronJob is changed in place while a Job of it runs, and made anew otherwise', async () => {
  const path = 'deploy/40-busy/20-busycronjob.yml';
  const running = await until('a Job of the CronJob to run', () =>
    site.kubectl('-n', 'busy', 'get', 'jobs', '-o', 'name'),
  );
  const names = ['cronjob/busy', running.trim().replace('.batch', '')];
  const before = await uids(site, 'busy', names);
  const commit = await site.commit({ [path]: busy('never', 'second') });
  await site.deployed(commit);
  assert.deepEqual(await uids(site, 'busy', names), before);
  assert.match(reasonsOf(await newest(site))['CronJob/busy/busy'] ?? '', /a Job of it is running: changed in place/);

  world.probes.set('busy', true);
  const active = (): Promise<string> =>
    site.kubectl('-n', 'busy', 'get', 'cronjob', 'busy', '-o=jsonpath={.status.active}');
  await until('the Job to end', async () => (await active()) === '');
  await site.rollOut({ [path]: busy('never', 'third') });
  assert.notEqual((await uids(site, 'busy', names))['cronjob/busy'], before['cronjob/busy']);
});

// What the tests change -----------------------------------------------------------------------------------------------

const kept = (value: string): string =>
  configMap('kept', 'kept', { value }).replace('\ndata:', "\n  annotations: { ordo.dev/prune: 'false' }\ndata:");

const scaled = ({ annotations, ...options }: Partial<WorkloadOptions>): string =>
  deployment(world, {
    ...{ name: 'scaled', namespace: 'scaled', image: IMAGE, replicas: 2, ...options },
    annotations: { 'ordo.dev/ignore-fields': 'spec.replicas', ...annotations },
  });

function busy(schedule: 'every minute' | 'never', version: string): string {
  const url = `http://${world.cluster.nodeAddress}:${world.probes.port}/busy`;
  const script = `until wget -q -O /dev/null ${url}; do sleep 0.2; done # ${version}`;
  const container = `command: ['/bin/sh', '-c', '${script}']`;
  const text = cronJob(world, { name: 'busy', namespace: 'busy', image: IMAGE, container });
  return schedule === 'never'
    ? text
    : text.replace('0 0 30 2 *', '* * * * *').replace('spec:', 'spec:\n  concurrencyPolicy: Forbid');
}

/** A volume that nothing is written to, kept for the one claim. */
const VOLUME = `
apiVersion: v1
kind: PersistentVolume
metadata: { name: data }
spec:
  storageClassName: ''
  accessModes: [ReadWriteOnce]
  capacity: { storage: 1Mi }
  claimRef: { namespace: data, name: data-data-0 }
  hostPath: { path: /tmp }
`;

function data({ color, instance = 'data' }: { color: string; instance?: string }): string {
  const container = `env: [{ name: COLOR, value: ${color} }]`;
  return statefulSet(world, { name: 'data', namespace: 'data', image: IMAGE, container })
    .replaceAll('instance: data', `instance: ${instance}`)
    .replace(
      '  serviceName:',
      `  persistentVolumeClaimRetentionPolicy: { whenDeleted: Delete, whenScaled: Retain }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec:
        storageClassName: ''
        accessModes: [ReadWriteOnce]
        resources: { requests: { storage: 1Mi } }
  serviceName:`,
    );
}

const rolling = (update: 'rolling' | 'recreate', instance: string): string =>
  deployment(world, {
    ...{ name: 'rolling', namespace: 'rolling', image: IMAGE },
    container: 'envFrom: [{ configMapRef: { name: rolling } }]',
    annotations: { 'ordo.dev/update': update },
  }).replaceAll('instance: rolling', `instance: ${instance}`);

// What they look at ---------------------------------------------------------------------------------------------------

interface Deployment extends Live {
  spec: { replicas: number };
}

async function read<T>(kind: string, name: string, where: string): Promise<T> {
  const found = await site.get<T>(kind, name, where);
  assert.ok(found, `${kind} ${name} is there`);
  return found;
}

/** Names of the pods that are there to stay. */
async function podsOf(where: string): Promise<string[]> {
  const { items } = JSON.parse(await site.kubectl('-n', where, 'get', 'pods', '-o', 'json')) as { items: Live[] };
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
}

const reasonsOf = ({ steps }: HistoryEntry): Record<string, string> =>
  Object.fromEntries(steps.map(({ object, reason = '' }) => [object, reason]));
