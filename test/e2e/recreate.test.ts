import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { byRunner, layAmbush } from './ambush.ts';
import { mark, planText, restoreCopies, uids, writesSince, type Footprint } from './footprints.ts';
import { configMap, deployment, namespace, pushApp, pushForeign, pushImage, type WorkloadOptions } from './samples.ts';
import { ACCOUNT, installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';
import { startWriteHook, type Write, type WriteHook } from './write-hook.ts';

const IN = 'shop';
const WEB = 'deploy/20-shop/20-webdeployment.yml';
const EARLY = 'deploy/20-shop/10-earlydeployment.yml';
const image = (name: string): string => `ghcr.io/${ACCOUNT}/${name}`;

let world: World;
let site: Site;
let hook: WriteHook;
before(async () => {
  world = await openWorld();
  await Promise.all([pushApp(world, 'app', '1'), pushForeign(world)]);
  site = await installSite({
    world,
    name: 'recreate',
    files: {
      'deploy/10-shop/10-shopnamespace.yml': namespace(IN),
      [EARLY]: early('red'),
      [WEB]: web('red'),
      'deploy/20-shop/30-cacheconfigmap.yml': configMap('cache', IN, { value: '1' }),
    },
  });
  hook = await startWriteHook(world, ['deployments']);
});
after(async () => {
  await hook?.stop();
  await world?.close();
});

/** Each colour is another pod template. */
const web = (color: string, more: Partial<WorkloadOptions> = {}): string =>
  deployment(world, {
    ...{ name: 'web', namespace: IN, image: image('app:main') },
    container: `env: [{ name: COLOR, value: ${color} }]`,
    ...more,
  });

/** Its number is lower than that of the other one, with which it is deleted. */
const early = (color: string): string => web(color, { name: 'early' });

test('O02 #13 a new version that the API server would refuse: nothing at all is touched', async () => {
  const old = await seen();
  const limits = 'resources: { requests: { memory: 2Gi }, limits: { memory: 1Gi } }';
  const commit = await site.commit({
    [WEB]: web('red', { container: limits }),
    'deploy/15-first/10-firstconfigmap.yml': configMap('first', IN, {}),
  });
  const entry = await site.ended(commit);
  const step = stepOf(entry, 'Deployment/shop/web');
  assert.match(step?.reason ?? '', /The Deployment "web" is invalid: .*must be less than or equal to memory limit/);
  assert.match(step?.reason ?? '', /nothing was deleted/);
  assert.deepEqual([step?.state, step?.changed, step?.cause], ['failed', undefined, undefined]);
  assert.equal(stepOf(entry, 'ConfigMap/shop/first')?.state, 'not-reached');
  assert.equal(await site.get('configmap', 'first', IN), undefined, 'a group before it was applied');
  assert.deepEqual(await seen(), old);
});

test('O02 #13 an image that is not there, or not for this platform: the old pods run on', async () => {
  const old = await seen();
  const broken: [name: string, says: RegExp][] = [
    ['app:never-pushed', /app:never-pushed cannot be pulled: .*not found/],
    ['foreign:main', /foreign:main cannot be pulled: .*no match for platform/],
  ];
  for (const [name, says] of broken) {
    const entry = await site.ended(await site.commit({ [WEB]: web('red', { image: image(name) }) }));
    const step = stepOf(entry, 'Deployment/shop/web');
    assert.match(step?.reason ?? '', says);
    assert.deepEqual([step?.state, step?.changed, step?.cause], ['failed', undefined, undefined], name);
    assert.deepEqual(await seen(), old, name);
  }
  await until('the pods that pull to be gone', async () => (await pullers()) === '');
});

test('O02 a registry that is away is waited for, and is no fault of the commit; the image comes before the delete', async () => {
  const old = await seen();
  await pushImage(world, `${ACCOUNT}/app:second`, '2');
  world.registry.fail({ match: ({ path }) => path.includes('/manifests/second'), status: 503 });
  const second = (text: string): string =>
    web('red', { image: image('app:second'), annotations: { 'ordo.dev/timeout': '25s', text } });
  const entry = await site.ended(await site.commit({ [WEB]: second('away') }));
  const step = stepOf(entry, 'Deployment/shop/web');
  assert.match(step?.reason ?? '', /app:second cannot be pulled: .*503/);
  assert.deepEqual([step?.state, step?.changed, step?.cause], ['failed', undefined, 'passing']);
  assert.deepEqual(await seen(), old);

  world.registry.fail(undefined);
  const from = await mark(world);
  await site.rollOut({ [WEB]: second('back') });
  const writes = await writesSince(world, from);
  const pulled = find(writes, 'patch', 'pods', /^ordo-pull-/);
  assert.ok(pulled >= 0 && pulled < find(writes, 'delete', 'deployments', /^web$/), 'deleted before it was pulled');
});

test('O02 #13 what cannot be made after the delete is put back as it was, and made anew when it can', async () => {
  await begin('red');
  const old = await read('web');
  const inventory = await entryOf('web');
  hook.onWrite(async (write) => {
    if (isNew(write, 'green')) throw new Error('no more room today');
  });
  const entry = await site.ended(await site.commit({ [WEB]: web('green') }));
  const step = stepOf(entry, 'Deployment/shop/web');
  assert.match(step?.reason ?? '', /no more room today[\s\S]*\nthe version before was put back\nit is ready/);
  assert.deepEqual([step?.state, step?.changed], ['failed', 'restored']);
  const back = await read('web');
  assert.deepEqual(
    [back.metadata.uid === old.metadata.uid, colorOf(back), back.metadata.annotations?.['ordo.dev/hash']],
    [false, 'red', inventory?.hash],
  );
  // Which fields the one that was put back owns nobody has seen yet.
  const { owned: _owned, ...before } = inventory ?? assert.fail('it is in the inventory');
  assert.deepEqual(await entryOf('web'), { ...before, outcome: 'failed' });

  await begin('green');
  assert.equal(colorOf(await read('web')), 'green');
});

test('O02 #13 a runner that is killed between delete and create: the next one finds the copy, and puts it back', async () => {
  await begin('green');
  const { metadata: old } = await read('web');
  const refusing: WriteHook = {
    ...hook,
    onWrite: (next) =>
      hook.onWrite(async (write) => {
        if (isNew(write, 'blue')) throw new Error('no more room today');
        await next(write);
      }),
  };
  const ambush = layAmbush(refusing);
  const isGone = async (): Promise<boolean> => (await site.get('deployment', 'web', IN)) === undefined;
  const killed = ambush.killRunnerAt(
    ({ operation, name }) => operation === 'DELETE' && name === 'web',
    () => until('the Deployment to be gone', isGone).then(() => undefined),
  );
  const [commit] = await Promise.all([site.commit({ [WEB]: web('blue') }), killed]);
  const entry = await site.ended(commit);
  assert.match(
    stepOf(entry, 'Deployment/shop/web')?.reason ?? '',
    /no more room today[\s\S]*\nthe version before was put back/,
  );
  const back = await read('web');
  assert.deepEqual([back.metadata.uid === old.uid, colorOf(back)], [false, 'green']);
});

test('O02 the copies of the last three rollouts stay, in Secrets that no Job owns', async () => {
  const { rollout } = await site.inventory();
  const copies = await until('older ones to go, which they do after the rollout is recorded', async () => {
    const found = await restoreCopies(site);
    return found.every(({ name }) => Number(name.split('-')[2]) > rollout - 3) && found;
  });
  assert.ok(copies.some(({ name }) => name === `ordo-restore-${rollout}`));
  assert.ok(copies.every(({ ownerReferences }) => ownerReferences === undefined));
});

test('O02 a finalizer keeps a deletion waiting: it is said, nothing is applied onto it, its neighbours are not away as long, and it goes on', async () => {
  await begin('green');
  const { metadata: old } = await read('web');
  const before = await read('early');
  const isNewEarly = async (): Promise<boolean> =>
    ![undefined, before.metadata.uid].includes((await site.get<Deployment>('deployment', 'early', IN))?.metadata.uid);
  const finalizers = (names: string[]): Promise<string> =>
    site.kubectl(
      '-n',
      IN,
      'patch',
      'deployment',
      'web',
      '--type=merge',
      '-p',
      JSON.stringify({ metadata: { finalizers: names } }),
    );
  await finalizers(['example.com/hold']);
  const from = await mark(world);
  const commit = await site.commit({ [WEB]: web('yellow'), [EARLY]: early('yellow') });
  const text = /^waiting for Deployment\/shop\/web: deleting, blocked by finalizers example\.com\/hold$/m;
  await until('the plan to say what it waits for', async () => text.test(await planText(site)));
  await until('its neighbour to be made anew', isNewEarly);
  const patched = (await writesSince(world, from)).filter(
    ({ verb, name, user }) => verb === 'patch' && name === 'web' && user === 'ordo-runner',
  );
  assert.deepEqual(patched, [], 'it was applied onto what was going');
  assert.equal((await read('web')).metadata.uid, old.uid);
  await finalizers([]);
  await site.deployed(commit);
  assert.equal(colorOf(await read('web')), 'yellow');
});

/** Nothing is refused any more, and the Deployment is as this colour says, whatever became of the test before. */
async function begin(color: string): Promise<void> {
  hook.onWrite(async () => undefined);
  world.registry.fail(undefined);
  // What was refused before is in quarantine.
  await site.kubectl('-n', NAMESPACE, 'exec', 'deploy/ordo', '--', 'ordo', 'retry');
  await site.rollOut({ [WEB]: web(color) });
}

// What they look at ---------------------------------------------------------------------------------------------------

interface Deployment {
  metadata: { name: string; uid: string; annotations?: Record<string, string>; ownerReferences?: unknown };
  spec: { template: { spec: { containers: { env?: { name: string; value: string }[] }[] } } };
}

async function read(name: string): Promise<Deployment> {
  const found = await site.get<Deployment>('deployment', name, IN);
  assert.ok(found, `Deployment ${name} is there`);
  return found;
}

const colorOf = ({ spec }: Pick<Deployment, 'spec'>): string | undefined =>
  spec.template.spec.containers[0]?.env?.[0]?.value;

const isNew = (write: Write, color: string): boolean =>
  byRunner(write) &&
  !write.dryRun &&
  write.operation === 'CREATE' &&
  colorOf(write.object as unknown as Deployment) === color;

/** uids of the Deployment and of its pods. */
async function seen(): Promise<Record<string, string>> {
  const pods = await site.kubectl(
    '-n',
    IN,
    'get',
    'pods',
    '-l',
    'instance=web',
    '-o=jsonpath={.items[*].metadata.uid}',
  );
  return { ...(await uids(site, IN, ['deployment/web'])), pods };
}

const pullers = (): Promise<string> => site.kubectl('get', 'pods', '-A', '-l', 'ordo.dev/pull', '-o', 'name');

const stepOf = ({ steps }: HistoryEntry, object: string) => steps.find((step) => step.object === object);
const entryOf = async (name: string) =>
  (await site.inventory()).objects.find((one) => one.name === name && one.kind === 'Deployment');

const find = (writes: readonly Footprint[], verb: string, resource: string, name: RegExp): number =>
  writes.findIndex((write) => write.verb === verb && write.resource === resource && name.test(write.name));
