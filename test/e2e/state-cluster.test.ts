import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { scalable, scale } from './controllers.ts';
import {
  cleared,
  mark,
  newest,
  ordosWrites,
  passes,
  planSays,
  planText,
  recorded,
  stepsOf,
  uids,
  valueOf,
} from './footprints.ts';
import { claim, configMap, deployment, job, namespace, pushApp, statefulSet } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

/** State and cluster that do not belong together: each is older, newer or emptier than the other. */

const FOLDER = 'deploy/2-shop';
const OBJECTS = ['configmap/web', 'deployment/web', 'job/migrate', 'statefulset/db', 'persistentvolumeclaim/uploads'];

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', '1');
  site = await installSite({
    world,
    name: 'state-cluster',
    files: await scalable(),
  });
});
after(() => world?.close());

const unbound = (name: string): string =>
  claim(name, 'shop', { made: 'before' }).replace('\nspec:', `\nspec:\n  storageClassName: ''`);

const shop = (): Record<string, string> => ({
  [`${FOLDER}/10-shopnamespace.yml`]: namespace('shop'),
  [`${FOLDER}/60-uploadsclaim.yml`]: unbound('uploads'),
  [`${FOLDER}/100-webconfigmap.yml`]: configMap('web', 'shop', { value: 'first' }),
  [`${FOLDER}/140-migratejob.yml`]: job(world, {
    ...{ name: 'migrate', namespace: 'shop', app: 'web', container: 'command: ["true"]' },
  }),
  [`${FOLDER}/160-dbstatefulset.yml`]: statefulSet(world, {
    ...{ name: 'db', namespace: 'shop', app: 'web', replicas: 0 },
  }).replace('  serviceName:', CLAIMS),
  [`${FOLDER}/170-webdeployment.yml`]: deployment(world, {
    ...{ name: 'web', namespace: 'shop', container: 'envFrom: [{ configMapRef: { name: web } }]' },
  }),
});

const CLAIMS = `  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }
  serviceName:`;

const own = (words: string, ...others: string[]): Promise<string> =>
  site.kubectl('-n', NAMESPACE, ...words.split(' '), ...others);
const log = (): Promise<string> => own('logs deploy/ordo');

test('D32 claims of an earlier install under an empty state are adopted as they are, and log and plan say so', async () => {
  await site.kubectl('create', 'namespace', 'shop');
  for (const name of ['uploads', 'data-db-0']) {
    const { code, stderr } = await world.cluster.kubectl(['create', '-f', '-'], unbound(name));
    assert.equal(code, 0, stderr);
  }
  const names = ['persistentvolumeclaim/uploads', 'persistentvolumeclaim/data-db-0'];
  const there = await uids(site, 'shop', names);
  await own('annotate configmap ordo-inventory ordo.dev/suspend=true');
  const commit = await site.commit(shop());
  const plan = await planText(site);
  assert.match(plan, /apply +PersistentVolumeClaim\/shop\/uploads .*\(it was there before\)/);
  const takes = 'StatefulSet/shop/db takes over what is in the claims that are there: data-db-0';
  assert.ok(plan.includes(takes), plan);
  await own('annotate configmap ordo-inventory ordo.dev/suspend-');
  await site.deployed(commit);
  assert.deepEqual(await uids(site, 'shop', names), there);
  assert.ok((await log()).includes(takes));
});

test('D32 an inventory that nobody can read is rebuilt from the stamps: no rollout, nothing is made anew', async () => {
  await cleared(site);
  const was = await inventory();
  const before = await uids(site, 'shop', OBJECTS);
  const { rollout } = await newest(site);
  const from = await mark(world);
  const binaryData = { inventory: Buffer.from('edited by hand').toString('base64') };
  await own('patch configmap ordo-inventory --type=merge -p', JSON.stringify({ binaryData }));
  await until('the inventory to be as it was', async () => {
    const now = await inventory().catch(() => undefined);
    return JSON.stringify(now) === JSON.stringify(was);
  });
  await passes(site, 2);
  assert.equal((await newest(site)).rollout, rollout);
  assert.deepEqual(await uids(site, 'shop', OBJECTS), before);
  const writes = (await ordosWrites(world, from)).map(({ resource, name }) => `${resource}/${name}`);
  assert.deepEqual([...new Set(writes)], ['configmaps/ordo-inventory']);
  assert.match(
    await log(),
    /"reason":"its parts do not belong together","msg":"ordo-inventory could not be read, rebuilt/,
  );
});

test('D32 a cluster that is empty under old state: everything is applied again, Jobs that went with their namespace too', async () => {
  await cleared(site);
  const { rollout, commit } = await newest(site);
  await scale(site, 0, 'ordo');
  await site.kubectl('delete', 'namespace', 'shop');
  await scale(site, 1, 'ordo');
  const entry = await until('the next rollout to end', async () => {
    const [last] = await site.history();
    return last && last.rollout > rollout && last.state !== 'running' && last;
  });
  assert.deepEqual([entry.rollout, entry.state, entry.commit], [rollout + 1, 'done', commit]);
  assert.deepEqual(stepsOf(entry), [
    'apply Namespace/shop',
    'apply PersistentVolumeClaim/shop/uploads',
    'apply ConfigMap/shop/web',
    'apply Job/shop/migrate',
    'apply StatefulSet/shop/db',
    'apply Deployment/shop/web',
  ]);
  for (const [name, uid] of Object.entries(await uids(site, 'shop', OBJECTS))) assert.notEqual(uid, '', name);
  assert.match(await log(), /"count":6,"recorded":\d+,"msg":"recorded objects are not in the cluster any more"/);
  await cleared(site);
  const from = await mark(world);
  await passes(site, 3);
  assert.deepEqual(await ordosWrites(world, from), []);
});

test('D15 D32 a plan that a newer Ordo wrote is refused by the runner, which ends with 2, and by the controller; without its Job it is planned anew', async () => {
  const files = (value: string): Record<string, string> => ({
    [`deploy/3-newer/${value}0-configmap.yml`]: configMap(`newer-${value}`, 'shop', { value }),
  });
  world.probes.set('newer', false);
  const slow = deployment(world, { name: 'slow', namespace: 'shop', app: 'web', probe: 'newer' });
  await site.commit({ ...files('2'), 'deploy/4-slow/10-slowdeployment.yml': slow });
  await until('the rollout to wait', async () => world.probes.requests().some(({ name }) => name === 'newer'));
  const { rollout } = await newest(site);
  const runner = (path: string): Promise<string> =>
    own(`get pods -l ordo.dev/rollout=${rollout} -o`, `jsonpath=${path}`);
  await own('annotate configmap ordo-inventory ordo.dev/suspend=true');
  await until('the pod of the Job to be gone', async () => (await runner('{.items}')) === '[]');
  const part = `ordo-rollout-${rollout}-0`;
  const { data } = (await site.get<{ data: { part: string } }>('secret', part, NAMESPACE)) ?? assert.fail(part);
  const plan = gunzipSync(Buffer.from(data.part, 'base64')).toString().replace('"version":1', '"version":2');
  await own(
    `patch secret ${part} --type=merge -p`,
    JSON.stringify({ data: { part: gzipSync(plan).toString('base64') } }),
  );
  await own('annotate configmap ordo-inventory ordo.dev/suspend-');

  await planSays(
    site,
    new RegExp(`a newer Ordo wrote the plan of rollout ${rollout} \\(version 2, this one knows 1\\)`),
  );
  assert.equal(await runner('{.items[*].status.containerStatuses[*].state.terminated.exitCode}'), '2');
  const said = 'the plan in /rollout cannot be read: a newer Ordo wrote it (version 2, this one knows 1)';
  assert.ok((await own(`logs -l ordo.dev/rollout=${rollout}`)).includes(said));

  // What the Job has done counts no more: another step is the first one now.
  const commit = await site.commit(files('1'));
  world.probes.set('newer', true);
  await own(`delete job ordo-rollout-${rollout}`);
  await planText(site);
  await site.deployed(commit);
  const last = await newest(site);
  assert.deepEqual([last.rollout, last.state], [rollout, 'done']);
  assert.equal(await valueOf(site, 'shop', 'newer-1'), '1');
});

const inventory = () => recorded(site);
