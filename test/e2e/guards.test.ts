import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newest, passes, planSays, planText, stepsOf, type Live } from './footprints.ts';
import { CRD, DISK, THINGS } from './guards-files.ts';
import { ordo } from './ordo.ts';
import { claim, configMap, deployment, namespace, pushApp, service } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

const MANY = ['a', 'b', 'c', 'd'];
const manyFile = (name: string): string => `deploy/20-many/30-${name}configmap.yml`;
const BACK = 'deploy/70-back/10-backnamespace.yml';

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'app', '1');
  site = await installSite({
    world,
    name: 'guards',
    settings: { 'max-deletes': '3' },
    files: {
      'deploy/20-many/10-manynamespace.yml': namespace('many'),
      'deploy/20-many/20-manyclaim.yml': unbound('many'),
      ...Object.fromEntries(MANY.map((name) => [manyFile(name), configMap(name, 'many', {})])),
      'deploy/30-gone/10-gonenamespace.yml': namespace('gone'),
      'deploy/30-gone/20-goneconfigmap.yml': configMap('gone', 'gone', {}),
      'deploy/30-gone/30-goneclaim.yml': unbound('gone'),
      ...NOTED(),
      'deploy/50-crd/10-crd.yml': CRD,
      ...DISK,
      [BACK]: namespace('back'),
    },
  });
});
after(() => world?.close());

test('O10 more deletions than max-deletes are held as a whole, until somebody releases them', async () => {
  await site.rollOut(Object.fromEntries(MANY.map((name) => [manyFile(name), null])));
  await planSays(site, /hold +ConfigMap\/many\/a .*4 deletions in one plan are more than max-deletes \(3\)/);
  const unknown = await ordo(site, 'release', 'ConfigMap/many/other');
  assert.equal(unknown.code, 2);
  assert.match(
    unknown.stdout,
    /not held for want of a permission: ConfigMap\/many\/other; held are:\n.*ConfigMap\/many\/a/,
  );
  const one = await ordo(site, 'release', 'ConfigMap/many/a', '--by', 'on-call');
  assert.equal(one.code, 0);
  assert.match(one.stdout, /still held:\n +ConfigMap\/many\/a: 4 deletions/);
  await passes(site, 1);
  for (const name of MANY) assert.ok(await site.get('configmap', name, 'many'), `${name} is there`);

  assert.equal((await ordo(site, 'release', '--all', '--by', 'day-shift')).code, 0);
  await gone('configmap', 'a', 'many');
  await until('the rollout to be recorded', async () => (await newest(site)).state === 'done');
  const entry = await newest(site);
  assert.deepEqual(
    stepsOf(entry),
    MANY.toReversed().map((name) => `delete ConfigMap/many/${name}`),
  );
  assert.equal(entry.by, 'day-shift, on-call');
  assert.equal((await site.inventory()).permissions, undefined, 'what was used is not kept');
});

test('O10 a Namespace goes by the trailer of a commit, when what is held and what Ordo did not make have left it; other commits may come between', async () => {
  await site.kubectl('-n', 'gone', 'create', 'configmap', 'stray');
  const files = ['10-gonenamespace', '20-goneconfigmap', '30-goneclaim'].map((name) => `deploy/30-gone/${name}.yml`);
  await site.rollOut(
    Object.fromEntries(files.map((path) => [path, null])),
    'Without gone\n\nOrdo-Allow-Delete: Namespace/gone',
  );
  assert.equal(await site.get('configmap', 'gone', 'gone'), undefined);
  await planSays(
    site,
    /hold +Namespace\/gone .*allowed, but what Ordo did not make is still in it: ConfigMap\/gone\/stray/,
  );
  await site.rollOut({ 'README.md': 'words alone' });
  await passes(site, 1);
  assert.ok(await site.get('configmap', 'stray', 'gone'), 'it went with its Namespace');
  await site.kubectl('-n', 'gone', 'delete', 'configmap', 'stray');
  await planSays(site, /hold +Namespace\/gone .*allowed, but what stays is in it: PersistentVolumeClaim\/gone\/data/);
  assert.equal((await ordo(site, 'release', 'PersistentVolumeClaim/gone/data')).code, 0);
  await gone('namespace', 'gone');
});

test('O10 a Namespace with the annotation in its last version goes unasked, with all that Ordo’s workloads have made in it', async () => {
  await site.rollOut(Object.fromEntries(Object.keys(NOTED()).map((path) => [path, null])));
  await gone('namespace', 'noted');
  const deletions = (await site.history()).filter((entry) => stepsOf(entry).includes('delete Namespace/noted'));
  assert.deepEqual(deletions.map(stepsOf), [
    ['delete Deployment/noted/web', 'delete Service/noted/web', 'delete Namespace/noted'],
  ]);
});

test('O10 a claim is deleted when somebody releases it', async () => {
  await site.rollOut({ 'deploy/20-many/20-manyclaim.yml': null });
  await planSays(site, /hold +PersistentVolumeClaim\/many\/data .*"ordo release PersistentVolumeClaim\/many\/data"/);
  assert.equal((await ordo(site, 'release')).code, 2, 'nothing is named');
  assert.equal((await ordo(site, 'release', 'pvc/data', '--by', 'on-call')).code, 0);
  await gone('pvc', 'data', 'many');
  await until('the rollout to be recorded', async () => (await newest(site)).by === 'on-call');
});

test('O10 a CRD goes when no instance of it is left', async () => {
  const instance = JSON.stringify({
    ...{ apiVersion: 'guards.example/v1', kind: 'Thing', metadata: { name: 'one', namespace: 'many' } },
  });
  await site.world.cluster.kubectl(['apply', '-f', '-'], instance);
  await site.rollOut({ 'deploy/50-crd/10-crd.yml': null }, `No things\n\nOrdo-Allow-Delete: ${THINGS}`);
  await planSays(
    site,
    /hold +CustomResourceDefinition\/things.guards.example .*there still are instances: Thing\/many\/one/,
  );
  await site.kubectl('-n', 'many', 'delete', 'thing', 'one');
  await gone('crd', 'things.guards.example');
});

test('O10 a permission is taken back when its object comes back to Git', async () => {
  await site.kubectl('-n', 'back', 'create', 'configmap', 'stray');
  await site.rollOut({ [BACK]: null }, 'Without back\n\nOrdo-Allow-Delete: Namespace/back');
  await planSays(site, /hold +Namespace\/back .*allowed, but/);
  const [permission] = (await site.inventory()).permissions ?? [];
  assert.deepEqual([permission?.object, permission?.from], ['Namespace/back', await site.sha()]);
  await site.rollOut({ [BACK]: namespace('back') });
  await until('the permission to be gone', async () => (await site.inventory()).permissions === undefined);
  await site.rollOut({ [BACK]: null });
  await planSays(site, /hold +Namespace\/back .*never deleted by a missing file alone/);
});

test('O10 the word of a commit that came in by the second parent of a merge allows nothing', async () => {
  const { repository } = site;
  const word = 'Aside\n\nOrdo-Allow-Delete: Namespace/back';
  await repository.reset(await site.sha(), 'aside');
  const merge = await repository.commit({ 'README.md': 'aside' }, word, { branch: 'aside' });
  await site.deployed(await repository.commit({ 'README.md': 'merged' }, 'A merge', { merge }));
  await passes(site, 1);
  assert.equal((await site.inventory()).permissions, undefined);
  await planSays(site, /hold +Namespace\/back .*never deleted by a missing file alone/);
});

test('O10 after a force-push the words of the newest commit alone count', async () => {
  await site.kubectl('-n', 'back', 'delete', 'configmap', 'stray');
  const base = await site.rollOut({ 'README.md': 'base' });
  await site.rollOut({ 'README.md': 'forgotten' });
  const { repository } = site;
  const other = async (branch: string, messages: string[]): Promise<string> => {
    await repository.reset(base, branch);
    let head = base;
    for (const message of messages) head = await repository.commit({ 'README.md': message }, message, { branch });
    return head;
  };
  const word = 'again\n\nOrdo-Allow-Delete: Namespace/back';
  const behind = await other('behind', [word, 'the newest']);
  await repository.reset(behind);
  await site.deployed(behind);
  await passes(site, 1);
  assert.ok(await site.get('namespace', 'back'));
  assert.equal((await site.inventory()).permissions, undefined);

  const ahead = await other('ahead', ['first', word]);
  await repository.reset(ahead);
  await site.deployed(ahead);
  await gone('namespace', 'back');
});

test('O10 what is released while a rollout runs goes after it, although the controller that was asked is gone: a StorageClass, a volume', async () => {
  world.probes.set('slow', false);
  const slow = deployment(world, { name: 'slow', namespace: 'many', app: 'app', probe: 'slow' });
  const removed = Object.fromEntries(Object.keys(DISK).map((path) => [path, null]));
  await site.commit({ ...removed, 'deploy/80-slow/10-slowdeployment.yml': slow });
  await until('the rollout to wait', async () => world.probes.requests().some(({ name }) => name === 'slow'));
  const { code, stdout } = await ordo(
    site,
    'release',
    'StorageClass/kept',
    'PersistentVolume/kept',
    '--by',
    'night-shift',
  );
  assert.equal(code, 0);
  assert.match(stdout, /^noted, and carried out as soon as that is possible: rollout \d+ is running since \S+$/m);
  await site.kubectl('-n', NAMESPACE, 'delete', 'pod', '-l', 'app=ordo', '--now');
  world.probes.set('slow', true);
  await gone('storageclass', 'kept');
  await gone('persistentvolume', 'kept');
  await until('the rollout to be recorded', async () => (await newest(site)).by === 'night-shift');
  await until('it to be kept no more', async () => !(await site.get('configmap', 'ordo-asked', NAMESPACE)));
});

test('O10 a folder that is gone takes nothing along, and no release changes that', async () => {
  const { objects } = await site.inventory();
  const { rollout } = await newest(site);
  await site.commit(Object.fromEntries(objects.map(({ source }) => [source, null])));
  await planSays(
    site,
    /hold +Deployment\/many\/slow .*the folder deploy is empty or gone: everything stays until it is back/,
  );
  assert.match((await ordo(site, 'release', '--all')).stdout, /^nothing is held for want of a permission$/m);
  await passes(site, 1);
  assert.deepEqual([(await newest(site)).rollout, (await site.inventory()).objects.length], [rollout, objects.length]);
});

// What the tests remove -----------------------------------------------------------------------------------------------

/** What makes other objects: pods, a ReplicaSet, EndpointSlices. */
function NOTED(): Record<string, string> {
  const noted = namespace('noted').replace('metadata:', 'metadata:\n  annotations: { ordo.dev/allow-delete: "true" }');
  return {
    'deploy/40-noted/10-notednamespace.yml': noted,
    'deploy/40-noted/20-noteddeployment.yml': deployment(world, { name: 'web', namespace: 'noted', app: 'app' }),
    'deploy/40-noted/30-notedservice.yml': service('web', 'noted'),
  };
}

const unbound = (where: string): string => claim('data', where).replace('spec:', 'spec:\n  storageClassName: none');

// What they look at ---------------------------------------------------------------------------------------------------

const gone = (kind: string, name: string, where?: string): Promise<boolean> =>
  until(`${kind} ${name} to be gone`, async () => (await site.get<Live>(kind, name, where)) === undefined, {
    explain: () => planText(site),
  });
