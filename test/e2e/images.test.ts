import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { micros, runnerWrites } from './audit.ts';
import { planText } from './footprints.ts';
import {
  SERVE,
  configMap,
  cronJob,
  daemonSet,
  deployment,
  job,
  namespace,
  pod,
  pushApp,
  replicaSet,
  statefulSet,
  type WorkloadOptions,
} from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { isGone, isMade, watch, type Watch } from './watch.ts';
import { containersOf, imageOf, pinned, readWorkload, recordedImages, rolledOut, statesOf } from './workloads.ts';
import { openWorld, type World } from './world.ts';

const PREFIX = 'shop';

let world: World;
let site: Site;
let eyes: Watch;
before(async () => {
  world = await openWorld();
  eyes = await watch(world, ['cronjobs', 'daemonsets', 'deployments', 'jobs', 'pods', 'replicasets', 'statefulsets']);
  world.registry.addToken('ghp_reads-digests', { pull: 'all' });
  site = await installSite({
    world,
    name: 'images',
    settings: { 'custom-container-prefix': PREFIX, 'package-checker-token': 'ghp_reads-digests' },
  });
});
after(async () => {
  eyes?.stop();
  await world?.close();
});

const read = (kind: string, name: string, where: string) => readWorkload(site, kind, name, where);

const podsIn = (where: string) => eyes.of('pods', ({ metadata }) => metadata.namespace === where);

interface LogLine {
  msg: string;
  object?: string;
  reason?: string;
}

async function logLines(): Promise<LogLine[]> {
  return (await fullLog())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);
}

const fullLog = (): Promise<string> => site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo', '--tail=-1');

test('D25 D26 image_url_var becomes PREFIX-APP with its digest, in every container that asks for it', async () => {
  const [front, other, plain] = await Promise.all([
    pushApp(world, `${PREFIX}-front`, 'front'),
    pushApp(world, 'some_where.else-9', 'elsewhere'),
    pushApp(world, 'pipelineinitialisation', 'doris'),
  ]);
  const serve = JSON.stringify(SERVE);
  await site.rollOut({
    'deploy/2-front/10-frontnamespace.yml': namespace('front'),
    // The app label stands on the pods alone.
    'deploy/2-front/20-frontdeployment.yml': `
apiVersion: apps/v1
kind: Deployment
metadata: { name: front, namespace: front }
spec:
  selector: { matchLabels: { app: front } }
  template:
    metadata: { labels: { app: front } }
    spec:
      terminationGracePeriodSeconds: 1
      initContainers:
        - { name: prepare, image: image_url_var, command: ['/bin/true'] }
      containers:
        - { name: main, image: image_url_var, imagePullPolicy: Always }
        - { name: pinned, image: 'ghcr.io/acme/${PREFIX}-front:main', imagePullPolicy: Always, command: ${serve} }
`,
    'deploy/2-front/30-otherdeployment.yml': deployment(world, {
      name: 'other',
      namespace: 'front',
      annotations: { 'ordo.dev/image': 'ghcr.io/acme/some_where.else-9:main' },
    }),
    'deploy/2-front/40-dorisdeployment.yml': deployment(world, {
      name: 'doris',
      app: 'pipelineinitialisation',
      namespace: 'front',
    }),
  });
  const containers = containersOf(await read('deployment', 'front', 'front'));
  const seen = Object.values(containers).map(({ name, image, imagePullPolicy }) => [name, image, imagePullPolicy]);
  assert.deepEqual(seen, [
    ['prepare', pinned(`${PREFIX}-front`, front), 'IfNotPresent'],
    ['main', pinned(`${PREFIX}-front`, front), 'IfNotPresent'],
    ['pinned', `ghcr.io/acme/${PREFIX}-front:main`, 'Always'],
  ]);
  assert.equal(imageOf(await read('deployment', 'other', 'front')), pinned('some_where.else-9', other));
  assert.equal(imageOf(await read('deployment', 'doris', 'front')), pinned('pipelineinitialisation', plain));
  assert.match(
    await planText(site),
    /20-frontdeployment\.yml: container main: imagePullPolicy Always became IfNotPresent/,
  );
});

test('D05 D06 a pushed image recreates each of the seven kinds: the old one is gone before the new one is made', async () => {
  const users = {
    deployment: ['deployments', deployment],
    pod: ['pods', pod],
    job: [
      'jobs',
      (at: World, options: WorkloadOptions) => job(at, { ...options, container: "command: ['/bin/true']" }),
    ],
    cronjob: ['cronjobs', cronJob],
    daemonset: ['daemonsets', daemonSet],
    replicaset: ['replicasets', replicaSet],
    statefulset: ['statefulsets', statefulSet],
  } as const;
  const kinds = Object.keys(users) as (keyof typeof users)[];
  const files = kinds.map((kind, index) => {
    const text = users[kind][1](world, { name: `a-${kind}`, app: 'seven', namespace: 'seven' });
    return [`deploy/3-seven/${20 + 10 * index}-a${kind}.yml`, text] as const;
  });
  const first = await pushApp(world, `${PREFIX}-seven`, '1');
  await site.rollOut({ 'deploy/3-seven/10-sevennamespace.yml': namespace('seven'), ...Object.fromEntries(files) });
  const old = await Promise.all(kinds.map((kind) => read(kind, `a-${kind}`, 'seven')));
  for (const workload of old) assert.equal(imageOf(workload), pinned(`${PREFIX}-seven`, first));

  const oldPods = new Set(podsIn('seven').map(({ object }) => object.metadata.uid));
  assert.equal(oldPods.size, kinds.length - 1, 'a pod of each, but of the CronJob');

  let second = '';
  const rollout = await rolledOut(site, 'Deployment/seven/a-deployment', async () => {
    second = await pushApp(world, `${PREFIX}-seven`, '2');
  });
  assert.notEqual(second, first);
  assert.equal(rollout.state, 'done');
  assert.equal(rollout.steps.length, kinds.length);
  assert.deepEqual(await recordedImages(site, 'seven'), { image: pinned(`${PREFIX}-seven`, second) });

  const writes = await runnerWrites(world, micros(rollout.begin));
  for (const [index, kind] of kinds.entries()) {
    const [resource] = users[kind];
    const now = await read(kind, `a-${kind}`, 'seven');
    assert.notEqual(now.metadata.uid, old[index]?.metadata.uid);
    assert.equal(imageOf(now), pinned(`${PREFIX}-seven`, second));

    const own = writes.filter((write) => write.resource === resource && write.name === `a-${kind}`);
    assert.deepEqual(
      own.map(({ verb, code }) => [verb, code]),
      [
        ['delete', 200],
        ['patch', 201],
      ],
      `${kind}: deleted, then made`,
    );
    const [removal, making] = own;
    assert.ok((removal?.answered ?? 0) < (making?.received ?? 0));
    const name = `seven/a-${kind}`;
    const since = await eyes.first(resource, name, 'gone', isGone);
    assert.ok(since < (await eyes.first(resource, name, 'made again', isMade, since)));
  }
  // Gone means that their pods are gone too.
  const pods = podsIn('seven').filter((sight) => isGone(sight) && oldPods.has(sight.object.metadata.uid));
  assert.equal(pods.length, oldPods.size);
  const lastGone = Math.max(...pods.map(({ revision }) => revision));
  const remade = kinds.map((kind) => eyes.of(users[kind][0], `seven/a-${kind}`).findLast(isMade)?.revision ?? 0);
  assert.ok(lastGone < Math.min(...remade));
});

test('D18 a workload whose image was never pushed is held with its reason, and deployed once it is there', async () => {
  const commit = await site.rollOut({
    'deploy/4-newcomer/10-newcomernamespace.yml': namespace('newcomer'),
    'deploy/4-newcomer/20-newcomerdeployment.yml': deployment(world, { name: 'newcomer', namespace: 'newcomer' }),
    'deploy/4-newcomer/30-besideconfigmap.yml': configMap('beside', 'newcomer', {}),
  });
  const reason = `the digest of ghcr.io/acme/${PREFIX}-newcomer:main is not known: acme/${PREFIX}-newcomer:main not found`;
  assert.deepEqual(statesOf(await site.ended(commit)), {
    'Namespace/newcomer': 'done',
    'Deployment/newcomer/newcomer': 'held',
    'ConfigMap/newcomer/beside': 'done',
  });
  assert.equal(await site.get('deployment', 'newcomer', 'newcomer'), undefined);
  const held = (await logLines()).find(
    ({ msg, object }) => msg === 'step held' && object === 'Deployment/newcomer/newcomer',
  );
  assert.ok(held?.reason?.startsWith(reason), held?.reason);
  const plan = await planText(site);
  assert.ok(plan.slice(plan.indexOf('held')).includes(`Deployment/newcomer/newcomer`), plan);
  assert.ok(plan.includes(reason), plan);

  let digest = '';
  const rollout = await rolledOut(site, 'Deployment/newcomer/newcomer', async () => {
    digest = await pushApp(world, `${PREFIX}-newcomer`, '1');
  });
  assert.deepEqual(statesOf(rollout), { 'Deployment/newcomer/newcomer': 'done' });
  assert.equal(imageOf(await read('deployment', 'newcomer', 'newcomer')), pinned(`${PREFIX}-newcomer`, digest));
  assert.deepEqual(await recordedImages(site, 'newcomer'), { image: pinned(`${PREFIX}-newcomer`, digest) });
});
