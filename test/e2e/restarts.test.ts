import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { scale } from './controllers.ts';
import { mark, newest, ordosWrites, passes, planSays, planText, stepsOf } from './footprints.ts';
import {
  applyByHand,
  configuration,
  forbidRestarts,
  generations,
  MANY_USERS,
  manyConfigurations,
  memorised,
  ON_TRIGGER,
  podOf,
  raised,
  readLive,
  remembered,
  restarted,
  restartedAt,
  running,
  TRIGGER,
} from './restart-samples.ts';
import { ordoSays } from './ordo.ts';
import { configMap, deployment, namespace, pushApp } from './samples.ts';
import { ACCOUNT, installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

const MINE = 'mine';
const of = (env: string) => ({ app: 'web', env });
const settings = (env: string, data: Record<string, string>, labels: Record<string, string> = {}) =>
  configuration(`settings-${env}`, data, { labels: { ...of(env), ...labels }, annotations: TRIGGER });

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'app', '1');
  site = await installSite({ world, name: 'restarts' });
  await site.kubectl('create', 'namespace', MINE);
});
after(() => world?.close());

test('R01 R02 R03 R04 R05 R06 R07 the ConfigMap of test restarts the Deployment of test, rolling and by a Job, and nothing of prod or of another app', async () => {
  const webs = ['test', 'prod'].map((env) => {
    const container = { envFrom: [{ configMapRef: { name: `settings-${env}` } }] };
    return running(`web-${env}`, { labels: of(env), annotations: ON_TRIGGER, replicas: 1, container });
  });
  const all = ['web-test', 'web-prod', 'other', 'unmarked', 'unlabelled'].map((name) => `deployment/${name}`);
  const unmarked = (color: string) => configuration('unmarked', { color }, { labels: of('prod') });
  await applyByHand(
    site,
    MINE,
    ...['test', 'prod'].map((env) => settings(env, { color: 'red' })),
    ...webs,
    unmarked('red'),
    running('other', { labels: { ...of('test'), app: 'other' }, annotations: ON_TRIGGER }),
    running('unmarked', { labels: of('test') }),
    running('unlabelled', { labels: { app: 'web' }, annotations: ON_TRIGGER }),
  );
  await site.kubectl('-n', MINE, 'wait', '--for=condition=Available', ...all.slice(0, 2), '--timeout=60s');
  await remembered(site);
  const prod = await podOf(site, MINE, 'web-prod');
  const first = await generations(site, MINE, all);
  const { metadata: old } = await readLive(site, MINE, 'deployment/web-test');
  const from = await mark(world);
  const sha = await site.sha();

  // What is no data, and then two changes that come close together.
  await applyByHand(site, MINE, settings('prod', { color: 'red' }, { note: 'new' }), unmarked('blue'));
  await applyByHand(site, MINE, settings('test', { color: 'green' }));
  await applyByHand(site, MINE, settings('test', { color: 'blue' }));
  const entry = await restarted(site, 'Deployment/mine/web-test');
  assert.equal(entry.state, 'done');
  assert.deepEqual(stepsOf(entry), ['restart Deployment/mine/web-test']);
  assert.ok(Date.parse(entry.begin) - Date.parse(entry.seen) >= 10_000, 'ten seconds after the first change');
  assert.match((await restartedAt(site, MINE, 'deployment/web-test')) ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.deepEqual(await generations(site, MINE, all), raised(first, 'deployment/web-test'));
  await site.kubectl('-n', MINE, 'rollout', 'status', 'deployment/web-test', '--timeout=60s');

  await until('the new pod to be the only one', async () => (await podOf(site, MINE, 'web-test')).endsWith(' blue'));
  assert.equal(await podOf(site, MINE, 'web-prod'), prod);
  const now = await readLive(site, MINE, 'deployment/web-test');
  assert.equal(now.metadata.uid, old.uid);
  const writes = (await ordosWrites(world, from)).filter(({ namespace }) => namespace === MINE);
  assert.deepEqual(
    writes.map(({ verb, user, resource, name }) => `${user} ${verb} ${resource}/${name}`),
    ['ordo-runner patch deployments/web-test'],
  );
  assert.equal(await site.sha(), sha, 'it belongs to no commit');
  const { objects } = await site.inventory();
  assert.ok(!objects.some(({ namespace }) => namespace === MINE), 'it is not Git’s');
  const plan = await planText(site);
  assert.doesNotMatch(plan, /^restart /m, 'both changes were one restart');
  assert.match(plan, /Deployment\/mine\/unlabelled: .*restartOnTrigger needs the labels app and env/);
});

test('R13 a start restarts nothing; R06 a change made while Ordo was down is caught, and what was made again with the same data is not one', async () => {
  const { rollout } = await newest(site);
  const all = ['deployment/web-test', 'deployment/web-prod'];
  await scale(site, 0, 'ordo');
  const first = await generations(site, MINE, all);
  await site.kubectl('-n', MINE, 'delete', 'configmap', 'settings-test');
  await applyByHand(site, MINE, settings('test', { color: 'blue' }), settings('prod', { color: 'green' }));
  await scale(site, 1, 'ordo');
  const { steps } = await restarted(site, 'Deployment/mine/web-prod', rollout);
  assert.equal(steps.length, 1);
  assert.deepEqual(await generations(site, MINE, all), raised(first, 'deployment/web-prod'));

  // As many looks as a restart would need, and one more.
  await scale(site, 0, 'ordo');
  await scale(site, 1, 'ordo');
  await applyByHand(site, MINE, settings('prod', { color: 'blue' }));
  const again = await restarted(site, 'Deployment/mine/web-prod', rollout + 1);
  assert.deepEqual(stepsOf(again), ['restart Deployment/mine/web-prod'], 'and nothing of what was there before');
  assert.equal(again.rollout, rollout + 2);
});

test('R13 one that cannot be restarted does not stop the others, whatever their kind and however they opted in; it stays due', async () => {
  await applyByHand(site, MINE, ...manyConfigurations('1'), ...MANY_USERS);
  const all = MANY_USERS.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
  await until('the missing ConfigMap to be told', async () =>
    /Deployment\/mine\/named: .*names ConfigMap\/mine\/missing, which is not there/.test(await planText(site)),
  );
  await until('all to be remembered', async () => (await memorised(site)).length === 7);
  await forbidRestarts(site, MINE, 'stuck');
  const first = await generations(site, MINE, all);
  await applyByHand(site, MINE, ...manyConfigurations('2'));
  const entry = await restarted(site, 'Deployment/mine/stuck');
  assert.equal(entry.state, 'failed');
  const users = MANY_USERS.map(({ kind, metadata }) => `restart ${kind}/${MINE}/${metadata.name}`);
  assert.deepEqual(stepsOf(entry).toSorted(), users.toSorted());
  assert.deepEqual(
    entry.steps.filter(({ state }) => state !== 'done').map(({ object, state }) => [object, state]),
    [['Deployment/mine/stuck', 'failed']],
  );
  assert.match(entry.steps.find(({ state }) => state === 'failed')?.reason ?? '', /not this one/);
  assert.deepEqual(await generations(site, MINE, all), raised(first, ...all.slice(1)));
  await planSays(
    site,
    /^restart Deployment\/mine\/stuck: Secret\/many changed; it failed \(.*not this one.*\), and is tried again at /m,
  );

  await site.kubectl('delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', 'no-restarts');
  await ordoSays(site, 'retry');
  const retried = await restarted(site, 'Deployment/mine/stuck', entry.rollout);
  assert.deepEqual([retried.state, stepsOf(retried)], ['done', ['restart Deployment/mine/stuck']]);
  assert.deepEqual(await generations(site, MINE, all), raised(first, ...all));
});

test('D16 R05 J04 through Git: one restart, rolling, and no recreate; the stop switch holds restarts, which are no drift', async () => {
  const wish = { 'ordo.dev/restart-on': 'auto' };
  const files = (value: string) => ({
    'deploy/5-git/10-gitnamespace.yml': namespace('git'),
    'deploy/5-git/20-gitconfigmap.yml': configMap('git', 'git', { value }),
    'deploy/5-git/30-gitdeployment.yml': deployment(world, {
      ...{ name: 'git', namespace: 'git', image: `ghcr.io/${ACCOUNT}/app:main`, annotations: wish },
      container: 'envFrom: [{ configMapRef: { name: git } }, { configMapRef: { name: free, optional: true } }]',
    }),
  });
  await site.rollOut(files('1'));
  await applyByHand(site, 'git', configuration('free', { value: '1' }));
  await until('it to be remembered', async () => (await memorised(site)).some((id) => id.endsWith('/git/git')));
  const before = await readLive(site, 'git', 'deployment/git');
  const commit = await site.rollOut(files('2'));
  const entry = (await site.history()).find((one) => one.commit === commit) ?? assert.fail();
  assert.deepEqual(stepsOf(entry), ['apply ConfigMap/git/git', 'restart Deployment/git/git']);

  // By hand, while restarts are held: what follows has seen everything before it.
  await site.kubectl('-n', NAMESPACE, 'annotate', 'configmap', 'ordo-inventory', 'ordo.dev/suspend=true');
  await applyByHand(site, MINE, settings('test', { color: 'black' }));
  await planSays(site, /^restart Deployment\/mine\/web-test: .* changed; stopped by the annotation/m);
  assert.equal((await newest(site)).rollout, entry.rollout);
  await site.kubectl('-n', NAMESPACE, 'annotate', 'configmap', 'ordo-inventory', 'ordo.dev/suspend-');
  const next = await restarted(site, 'Deployment/mine/web-test', entry.rollout);
  assert.deepEqual(stepsOf(next), ['restart Deployment/mine/web-test'], 'and what Git has restarted is not due again');
  const after = await readLive(site, 'git', 'deployment/git');
  assert.equal(after.metadata.uid, before.metadata.uid);
  assert.equal(await restartedAt(site, 'git', 'deployment/git'), undefined);
  assert.equal(await site.sha(), commit);

  await applyByHand(site, 'git', configuration('free', { value: '2' }));
  await restarted(site, 'Deployment/git/git', next.rollout);
  // What its restart looks like is heard a moment later.
  await passes(site, 1);
  assert.match(await planText(site), /^nothing to do/);
  const since = (await site.history()).filter(({ rollout }) => rollout > entry.rollout);
  assert.deepEqual(
    since.flatMap((one) => (one.restarts ? [] : stepsOf(one))),
    [],
    'nobody has put anything back',
  );
  await site.rollOut(files('3'));
  assert.match((await restartedAt(site, 'git', 'deployment/git')) ?? '', /Z$/, 'Git leaves it where it is');
});

test('R10 a mounted file follows its ConfigMap without a restart, an environment variable does not', async () => {
  const mounted = {
    pod: { volumes: [{ name: 'c', configMap: { name: 'reload' } }] },
    container: {
      env: [{ name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'reload', key: 'color' } } }],
      volumeMounts: [
        { name: 'c', mountPath: '/etc/reload' },
        { name: 'c', mountPath: '/etc/part', subPath: 'color' },
      ],
    },
  };
  await applyByHand(
    site,
    MINE,
    configuration('reload', { color: 'red' }),
    running('reload', { replicas: 1, ...mounted }),
  );
  await site.kubectl('-n', MINE, 'rollout', 'status', 'deployment/reload', '--timeout=60s');
  const seen = async (): Promise<string[]> => {
    const script = 'cat /etc/reload/color; echo; cat /etc/part; echo; echo $COLOR';
    return (await site.kubectl('-n', MINE, 'exec', 'deploy/reload', '--', '/bin/sh', '-c', script)).trim().split('\n');
  };
  const pod = (): Promise<string> => site.kubectl('-n', MINE, 'get', 'pods', '-l', 'run=reload', '-o', 'name');
  assert.deepEqual(await seen(), ['red', 'red', 'red']);
  const before = await pod();
  await applyByHand(site, MINE, configuration('reload', { color: 'blue' }));
  await until('the mounted file to follow', async () => {
    // The kubelet comes by once a minute, and at once when something of the pod changes.
    await site.kubectl('-n', MINE, 'annotate', 'pod', '-l', 'run=reload', '--overwrite', `look=${Date.now()}`);
    return (await seen())[0] === 'blue';
  });
  assert.deepEqual(await seen(), ['blue', 'red', 'red'], 'neither the variable nor the subPath follows');
  assert.equal(await pod(), before);
});

test('R06 a memory that cannot be read restarts nothing, says how to go on, and is in no commit’s way', async () => {
  await scale(site, 0, 'ordo');
  const broken = JSON.stringify({ binaryData: { restarts: Buffer.from('no gzip').toString('base64') } });
  await site.kubectl('-n', NAMESPACE, 'patch', 'configmap', 'ordo-restarts', '--type=merge', '-p', broken);
  await applyByHand(site, MINE, settings('test', { color: 'white' }));
  const before = await restartedAt(site, MINE, 'deployment/web-test');
  await scale(site, 1, 'ordo');
  await site.rollOut({ 'deploy/5-git/20-gitconfigmap.yml': configMap('git', 'git', { value: '4' }) });
  assert.match(
    await planText(site),
    /is not known: ConfigMap ordo-restarts cannot be read \(.*delete configmap ordo-restarts/,
  );
  assert.equal(await restartedAt(site, MINE, 'deployment/web-test'), before);
});
