import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  keptFiles,
  priorityClass,
  refuseFirst,
  REPLACED,
  REPLACED_NAMES,
  replacedFiles,
  standing,
} from './fixed-files.ts';
import { mark, newest, planText, stepsOf, uids, valueOf, writesSince } from './footprints.ts';
import { find, kill, RUNNER } from './processes.ts';
import {
  claim,
  configMap,
  deployment,
  job,
  namespace,
  pod,
  pushApp,
  pushImage,
  service,
  untilReady,
} from './samples.ts';
import { ACCOUNT, installSite, type Site } from './site.ts';
import { until } from './until.ts';
import { statesOf } from './workloads.ts';
import { openWorld, type World } from './world.ts';

const IN = 'shop';
const FIXED = 'deploy/20-fixed';
const KEPT = 'deploy/25-kept';
const DB = 'deploy/30-db/20-dbdeployment.yml';
const SLOW = 'deploy/40-slow/10-slowdeployment.yml';
const QUOTED = 'deploy/50-quoted';
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
      ...replacedFiles(FIXED, IN, { role: 'view', value: '1' }),
      ...keptFiles(KEPT, { path: '/tmp', scope: 'Namespaced' }),
      [`${FIXED}/30-service.yml`]: service('web', IN),
      [`${FIXED}/40-claim.yml`]: claim('data', IN),
      [DB]: db('red'),
      [BACKUP]: backup(untilReady(world, 'backup')),
      [`${QUOTED}/10-namespace.yml`]: namespace('quoted'),
      [`${QUOTED}/20-quota.yml`]: `
apiVersion: v1
kind: ResourceQuota
metadata: { name: full, namespace: quoted }
spec: { hard: { count/deployments.apps: 1, pods: 4 } }
`,
      ...quoted({ image: 'app:main' }),
    },
  });
});
after(() => world?.close());

/** As many as the quota allows. */
const quoted = ({
  image: name,
  pods = ['', '', ''],
}: {
  image: string;
  pods?: [string, string, string];
}): Record<string, string> => {
  const own = { namespace: 'quoted', image: image(name) };
  return {
    [`${QUOTED}/30-deployment.yml`]: deployment(world, { ...own, name: 'full' }),
    [`${QUOTED}/40-pod.yml`]: pod(world, { ...own, name: 'account', pod: pods[0] }),
    [`${QUOTED}/50-pod.yml`]: pod(world, { ...own, name: 'urgent', pod: pods[1] }),
    [`${QUOTED}/60-pod.yml`]: pod(world, { ...own, name: 'other', pod: pods[2] }),
  };
};

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

test('O02 an immutable change of bindings, ConfigMap, Secret, PriorityClass and IngressClass is a delete and a create in one step', async () => {
  const old = await uids(site, IN, REPLACED);
  const from = await mark(world);
  await site.rollOut(replacedFiles(FIXED, IN, { role: 'edit', value: '2' }));
  const now = await uids(site, IN, REPLACED);
  for (const name of REPLACED) assert.ok(now[name] && now[name] !== old[name], `${name} is not the new one`);
  assert.deepEqual(stepsOf(await newest(site)), [
    ...['apply RoleBinding/shop/readers', 'apply ClusterRoleBinding/readers', 'apply PriorityClass/first'],
    ...['apply IngressClass/web', 'apply ConfigMap/shop/settings', 'apply Secret/shop/settings'],
  ]);
  assert.equal(await valueOf(site, IN, 'settings'), '2');
  const done = (await writesSince(world, from)).filter(
    ({ name, user, code }) => REPLACED_NAMES.test(name) && user === 'ordo-runner' && code < 300,
  );
  assert.deepEqual(
    done.map(({ verb }) => verb),
    REPLACED.flatMap(() => ['delete', 'patch']),
  );
});

test('O02 what is deleted and made anew in one step is put back as it was when it cannot be made', async () => {
  const old = await uids(site, IN, REPLACED);
  const hook = await refuseFirst(world);
  try {
    const { steps } = await site.ended(await site.commit(replacedFiles(FIXED, IN, { role: 'admin', value: '3' })));
    assert.equal(steps.length, REPLACED.length);
    for (const { object, state, changed, reason = '' } of steps) {
      assert.deepEqual([state, changed], ['failed', 'restored'], object);
      assert.match(reason, /^Error from server: .*no more room today\n.*\nthe version before was put back$/);
    }
  } finally {
    await hook.stop();
  }
  const now = await uids(site, IN, REPLACED);
  for (const name of REPLACED) assert.ok(now[name] && now[name] !== old[name], `${name} was never away`);
  assert.deepEqual(await standing(site, IN), { role: 'edit', value: '2', immutable: true });
  await site.rollOut(replacedFiles(FIXED, IN, { role: 'view', value: '4' }));
  assert.deepEqual(await standing(site, IN), { role: 'view', value: '4', immutable: true });
});

test('O02 an immutable change of another kind is held and the rest goes on; it is replaced when that is allowed; a claim, a volume and a CRD never', async () => {
  const kept = ['pvc/data', 'persistentvolume/disk', 'crd/parts.fixed.example'];
  const names = ['service/web', ...kept];
  const old = await uids(site, IN, names);
  const moved = (annotation = ''): string =>
    service('web', IN).replace('\nspec:', `${annotation}\nspec:\n  clusterIP: 10.96.77.77`);
  const allow = '\n  annotations: { ordo.dev/update: recreate }';
  const other = claim('data', IN).replace('ReadWriteOnce', 'ReadOnlyMany');
  await site.rollOut({
    [`${FIXED}/30-service.yml`]: moved(),
    [`${FIXED}/40-claim.yml`]: other.replace('\n  labels:\n', `${allow}\n`),
    ...keptFiles(KEPT, { path: '/var', scope: 'Cluster' }, '{ ordo.dev/update: recreate }'),
    [`${FIXED}/50-restconfigmap.yml`]: configMap('rest', IN, {}),
  });
  assert.deepEqual(await uids(site, IN, names), old);
  assert.ok(await site.get('configmap', 'rest', IN), 'the rest did not go on');
  const text = await planText(site);
  assert.match(text, /hold +Service\/shop\/web .*ordo.dev\/update: recreate allows to replace it/);
  for (const kind of ['PersistentVolumeClaim', 'PersistentVolume', 'CustomResourceDefinition'])
    assert.match(text, new RegExp(`hold +${kind}/.*is never replaced`));
  const { rollout, steps } = await newest(site);
  assert.match(steps.find(({ object }) => object === 'Service/shop/web')?.reason ?? '', /may not change once set/);

  await site.rollOut({ 'README.md': 'words' });
  assert.equal((await newest(site)).rollout, rollout, 'what is held was tried again');
  await site.rollOut({
    [`${FIXED}/30-service.yml`]: moved(allow),
    [`${FIXED}/40-claim.yml`]: claim('data', IN),
    ...keptFiles(KEPT, { path: '/tmp', scope: 'Namespaced' }),
  });
  const { 'service/web': web, ...others } = await uids(site, IN, names);
  const { 'service/web': oldWeb, ...oldOthers } = old;
  assert.notEqual(web, oldWeb);
  assert.deepEqual(others, oldOthers);
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
  world.registry.fail({ match: ({ path }) => path.includes('/manifests/slow'), delay: 21_000 });
  const annotations = { 'ordo.dev/timeout': '20s' };
  await site.rollOut({
    [SLOW]: deployment(world, { name: 'slow', namespace: IN, image: image('app:slow'), annotations }),
  });
  world.registry.fail(undefined);
  const [step] = (await newest(site)).steps;
  assert.ok(Date.parse(step?.end ?? '') - Date.parse(step?.begin ?? '') > 21_000, 'it was not slow at all');
});

test('O02 a pod that pulls and was left by a killed runner is taken away by the next one', async () => {
  await pushImage(world, `${ACCOUNT}/app:third`, '3');
  world.registry.fail({ match: ({ path }) => path.includes('/manifests/third'), status: 503 });
  const commit = await site.commit({
    [SLOW]: deployment(world, { name: 'slow', namespace: IN, image: image('app:third') }),
  });
  const pullers = (): Promise<string> => site.kubectl('get', 'pods', '-A', '-l', 'ordo.dev/pull', '-o', 'name');
  const left = await until('a pod that pulls', pullers);
  await kill(await find(RUNNER));
  assert.equal(await pullers(), left);
  world.registry.fail(undefined);
  await site.deployed(commit);
  await until('no pod that pulls to be left', async () => (await pullers()) === '');
});

test('O02 a full quota, and an account, a priority or a runtime that the plan brings, are no answer: the rollout goes on', async () => {
  const names = ['deployment/full', 'pod/account', 'pod/urgent', 'pod/other'];
  const old = await uids(site, 'quoted', names);
  await pushImage(world, `${ACCOUNT}/app:quoted`, 'quoted');
  await site.rollOut({
    [`${QUOTED}/15-priorityclass.yml`]: priorityClass('second', '2'),
    [`${QUOTED}/16-account.yml`]:
      '{ apiVersion: v1, kind: ServiceAccount, metadata: { name: fresh, namespace: quoted } }',
    [`${QUOTED}/17-runtime.yml`]:
      '{ apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: { name: third }, handler: runc }',
    ...quoted({
      image: 'app:quoted',
      pods: ['serviceAccountName: fresh', 'priorityClassName: second', 'runtimeClassName: third'],
    }),
  });
  const now = await uids(site, 'quoted', names);
  for (const name of names) assert.ok(now[name] && now[name] !== old[name], `${name} is not the new one`);
  const { state, steps } = await newest(site);
  assert.equal(state, 'done');
  const said = steps.find(({ object }) => object === 'Deployment/quoted/full')?.reason ?? '';
  assert.match(said, /whether ghcr.io\/acme\/app:quoted can be pulled is not known/);
});

const ends = (code: number): string => `command: ['/bin/sh', '-c', 'exit ${code}']`;
