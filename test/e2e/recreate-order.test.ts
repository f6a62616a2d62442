import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { mark, newest, planText, stepsOf, uids, writesSince } from './footprints.ts';
import { claim, configMap, deployment, job, namespace, pushApp, pushImage, service, untilReady } from './samples.ts';
import { ACCOUNT, installSite, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

const IN = 'shop';
const FIXED = 'deploy/20-fixed';
const DB = 'deploy/30-db/20-dbdeployment.yml';
const BACKUP = 'deploy/30-db/90-backupjob.yml';
const image = (name: string): string => `ghcr.io/${ACCOUNT}/${name}`;

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'app', '1');
  world.probes.set('backup', false);
  site = await installSite({
    world,
    name: 'recreate-order',
    files: {
      'deploy/10-shop/10-shopnamespace.yml': namespace(IN),
      ...fixed({ role: 'view', value: '1' }),
      [`${FIXED}/30-service.yml`]: service('web', IN),
      [`${FIXED}/40-claim.yml`]: claim('data', IN),
      [DB]: db('red'),
      [BACKUP]: backup(untilReady(world, 'backup')),
    },
  });
});
after(() => world?.close());

/** Both are refused as a change in place. */
const fixed = ({ role, value }: { role: string; value: string }): Record<string, string> => ({
  [`${FIXED}/10-rolebinding.yml`]: `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: readers, namespace: ${IN} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${role} }
`,
  [`${FIXED}/20-configmap.yml`]: `${configMap('settings', IN, { value })}immutable: true\n`,
});

const db = (color: string): string =>
  deployment(world, {
    ...{ name: 'db', namespace: IN, image: image('app:main') },
    container: `env: [{ name: COLOR, value: ${color} }]`,
  });

const backup = (container: string): string =>
  job(world, {
    name: 'backup',
    namespace: IN,
    image: image('app:main'),
    container,
    annotations: { 'ordo.dev/before': 'true' },
  });

test('O02 an immutable change of a RoleBinding or a ConfigMap is a delete and a create in one step', async () => {
  const names = ['rolebinding/readers', 'configmap/settings'];
  const old = await uids(site, IN, names);
  const from = await mark(world);
  await site.rollOut(fixed({ role: 'edit', value: '2' }));
  const now = await uids(site, IN, names);
  for (const name of names) assert.ok(now[name] && now[name] !== old[name], `${name} is not the new one`);
  assert.deepEqual(stepsOf(await newest(site)), ['apply RoleBinding/shop/readers', 'apply ConfigMap/shop/settings']);
  const settings = await site.get<{ data: Record<string, string> }>('configmap', 'settings', IN);
  assert.deepEqual(settings?.data, { value: '2' });
  const done = (await writesSince(world, from)).filter(
    ({ name, user, code }) => name === 'settings' && user === 'ordo-runner' && code < 300,
  );
  assert.deepEqual(
    done.map(({ verb }) => verb),
    ['delete', 'patch'],
  );
});

test('O02 an immutable change of another kind is held and the rest goes on; it is replaced when that is allowed, and a claim never', async () => {
  const names = ['service/web', 'pvc/data'];
  const old = await uids(site, IN, names);
  const moved = (annotation = ''): string =>
    service('web', IN).replace('\nspec:', `${annotation}\nspec:\n  clusterIP: 10.96.77.77`);
  const allow = '\n  annotations: { ordo.dev/update: recreate }';
  const other = claim('data', IN).replace('ReadWriteOnce', 'ReadOnlyMany');
  await site.rollOut({
    [`${FIXED}/30-service.yml`]: moved(),
    [`${FIXED}/40-claim.yml`]: other.replace('\n  labels:\n', `${allow}\n`),
    [`${FIXED}/50-restconfigmap.yml`]: configMap('rest', IN, {}),
  });
  assert.deepEqual(await uids(site, IN, names), old);
  assert.ok(await site.get('configmap', 'rest', IN), 'the rest did not go on');
  const text = await planText(site);
  assert.match(text, /hold +Service\/shop\/web .*ordo.dev\/update: recreate allows to replace it/);
  assert.match(text, /hold +PersistentVolumeClaim\/shop\/data .*is never replaced/);
  const { rollout, steps } = await newest(site);
  assert.match(steps.find(({ object }) => object === 'Service/shop/web')?.reason ?? '', /may not change once set/);

  await site.rollOut({ 'README.md': 'words' });
  assert.equal((await newest(site)).rollout, rollout, 'what is held was tried again');
  await site.rollOut({
    [`${FIXED}/30-service.yml`]: moved(allow),
    [`${FIXED}/40-claim.yml`]: claim('data', IN),
  });
  const now = await uids(site, IN, names);
  assert.ok(now['service/web'] !== old['service/web'] && now['pvc/data'] === old['pvc/data']);
});

test('O02 a Job that runs before its group: not on the first install, complete before the first delete, and when it fails nothing is touched', async () => {
  assert.equal(await site.get('job', 'backup', IN), undefined, 'it ran on the first install');
  const old = await uids(site, IN, ['deployment/db']);
  const commit = await site.commit({ [DB]: db('green') });
  const isAsked = async (): Promise<boolean> => world.probes.requests().some(({ name }) => name === 'backup');
  await until('the backup to run', isAsked);
  assert.deepEqual(await uids(site, IN, ['deployment/db']), old, 'it was not waited for');
  world.probes.set('backup', true);
  await site.deployed(commit);
  const green = await uids(site, IN, ['deployment/db']);
  assert.notDeepEqual(green, old);
  assert.deepEqual(stepsOf(await newest(site)), ['apply Job/shop/backup', 'recreate Deployment/shop/db']);

  await site.rollOut({ [BACKUP]: backup(ends(3)) });
  const entry = await site.ended(await site.commit({ [DB]: db('blue') }));
  assert.deepEqual(statesOf(entry), { 'Job/shop/backup': 'failed', 'Deployment/shop/db': 'not-reached' });
  assert.match(entry.steps[0]?.reason ?? '', /the Job failed: BackoffLimitExceeded/);
  assert.deepEqual(await uids(site, IN, ['deployment/db']), green);
  await site.rollOut({ [BACKUP]: backup(ends(0)) });
});

test('O02 the time that an image takes to be pulled does not count against the time to be ready', async () => {
  await pushImage(world, `${ACCOUNT}/app:slow`, 'slow');
  world.registry.fail({ match: ({ path }) => path.includes('/manifests/slow'), delay: 6_000 });
  const annotations = { 'ordo.dev/timeout': '5s' };
  await site.rollOut({
    'deploy/40-slow/10-slowdeployment.yml': deployment(world, {
      name: 'slow',
      namespace: IN,
      image: image('app:slow'),
      annotations,
    }),
  });
  world.registry.fail(undefined);
  const [step] = (await newest(site)).steps;
  assert.ok(Date.parse(step?.end ?? '') - Date.parse(step?.begin ?? '') > 6_000, 'it was not slow at all');
});

const ends = (code: number): string => `command: ['/bin/sh', '-c', 'exit ${code}']`;

const statesOf = ({ steps }: HistoryEntry): Record<string, string | undefined> =>
  Object.fromEntries(steps.map(({ object, state }) => [object, state]));
