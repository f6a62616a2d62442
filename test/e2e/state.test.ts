import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { scalable, scale, startSecond } from './controllers.ts';
import { cleared, mark, newest, ordosWrites, passes, stepsOf, uids, valueOf, recorded } from './footprints.ts';
import { configMap, deployment, job, namespace, pushApp, service } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { imageOf, pinned, readWorkload, recordedImages, rolledOut } from './workloads.ts';
import { openWorld, type World } from './world.ts';
import { startWriteHook } from './write-hook.ts';

const FOLDER = 'deploy/2-shop';
const OBJECTS = ['configmap/web', 'service/web', 'deployment/web', 'job/migrate'];

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', '1');
  site = await installSite({
    world,
    name: 'state',
    files: {
      ...(await scalable()),
      [`${FOLDER}/10-shopnamespace.yml`]: namespace('shop'),
      [`${FOLDER}/100-webconfigmap.yml`]: configMap('web', 'shop', { value: 'first' }),
      [`${FOLDER}/110-oldconfigmap.yml`]: configMap('old', 'shop', { value: 'old' }),
      [`${FOLDER}/120-webservice.yml`]: service('web', 'shop'),
      [`${FOLDER}/140-migratejob.yml`]: job(world, {
        name: 'migrate',
        namespace: 'shop',
        app: 'web',
        container: 'command: ["true"]',
      }),
      [`${FOLDER}/170-webdeployment.yml`]: web('first'),
    },
  });
  await cleared(site);
});
after(() => world?.close());

const web = (version: string): string =>
  deployment(world, {
    name: 'web',
    namespace: 'shop',
    probe: 'web',
    container: `env: [{ name: V, value: ${version} }]\nenvFrom: [{ configMapRef: { name: web } }]`,
  });

test('D32 ordo-inventory is lost: it is the same again, without a rollout', async () => {
  const was = await inventory();
  const { rollout } = await newest(site);
  const from = await mark(world);
  await own('delete configmap ordo-inventory');
  await passes(site, 2);
  assert.deepEqual(await inventory(), was);
  assert.equal((await newest(site)).rollout, rollout);
  assert.deepEqual([...new Set((await ordosWrites(world, from)).map(nameIn))], ['configmaps/ordo-inventory']);
  const idle = await mark(world);
  await passes(site, 3);
  assert.deepEqual(await ordosWrites(world, idle), []);
});

test('D32 it is lost while files are removed and changed: what is removed goes, what differs is applied in place', async () => {
  const before = await uids(site, 'shop', OBJECTS);
  const { rollout } = await newest(site);
  await scale(site, 0, 'ordo');
  const patch = JSON.stringify([{ op: 'remove', path: '/binaryData' }]);
  await own('patch configmap ordo-inventory --type=json -p', patch);
  const commit = await site.commit({
    [`${FOLDER}/110-oldconfigmap.yml`]: null,
    [`${FOLDER}/170-webdeployment.yml`]: web('second'),
  });
  await scale(site, 1, 'ordo');
  await site.deployed(commit);
  const entry = await newest(site);
  assert.equal(entry.rollout, rollout + 1);
  assert.deepEqual(stepsOf(entry), ['apply Deployment/shop/web', 'delete ConfigMap/shop/old']);
  assert.deepEqual(await uids(site, 'shop', OBJECTS), before);
  // All is known again: from now on a change of configuration recreates.
  await site.rollOut({ [`${FOLDER}/100-webconfigmap.yml`]: configMap('web', 'shop', { value: 'second' }) });
  assert.deepEqual(stepsOf(await newest(site)), ['apply ConfigMap/shop/web', 'recreate Deployment/shop/web']);
});

for (const lost of ['secret/ordo-key', 'secret/ordo-key configmap/ordo-inventory']) {
  test(`D32 ${lost} lost: everything is applied in place once, nothing is recreated`, async () => {
    const before = await uids(site, 'shop', OBJECTS);
    const { rollout } = await newest(site);
    await own(`delete ${lost}`);
    const entry = await until('the next rollout to end', async () => {
      const [last] = await site.history();
      return last && last.rollout > rollout && last.state !== 'running' && last;
    });
    assert.equal(entry.rollout, rollout + 1);
    assert.equal(entry.state, 'done');
    const applied = [...OBJECTS.slice(0, 2), 'deployment/web'].map((name) => name.split('/'));
    for (const [kind = '', name] of applied) {
      const isIt = (step: string): boolean => step.toLowerCase() === `apply ${kind}/shop/${name}`;
      assert.ok(stepsOf(entry).some(isIt), `${kind} ${name} is applied`);
    }
    assert.deepEqual([...new Set(entry.steps.map(({ kind }) => kind))], ['apply']);
    assert.deepEqual(await uids(site, 'shop', OBJECTS), before);
    await cleared(site);
    const from = await mark(world);
    await passes(site, 2);
    assert.deepEqual(await ordosWrites(world, from), []);
  });
}

test('D32 history and SHA are lost: the history begins anew, the SHA is the newest commit, nothing is rolled out', async () => {
  const { rollout } = await newest(site);
  const from = await mark(world);
  await own('delete configmap ordo-history current-yaml-commit-sha');
  await site.deployed((await site.repository.resolve('main')) ?? '');
  assert.deepEqual(await site.history(), []);
  assert.deepEqual((await ordosWrites(world, from)).map(nameIn), ['configmaps/current-yaml-commit-sha']);
  await site.rollOut({ [`${FOLDER}/100-webconfigmap.yml`]: configMap('web', 'shop', { value: 'third' }) });
  const entries = await site.history();
  assert.deepEqual(
    entries.map((entry) => entry.rollout),
    [rollout + 1],
  );
});

test('D32 the inventory is lost with the controller while a rollout runs: it is adopted and ends once', async () => {
  const { rollout } = await newest(site);
  world.probes.set('web', false);
  const commit = await site.commit({
    [`${FOLDER}/170-webdeployment.yml`]: web('third'),
    'deploy/3-last/100-lastconfigmap.yml': configMap('last', 'shop', { value: 'last' }),
  });
  await until('the new pod to be asked for its readiness', async () => {
    const [entry] = await site.history();
    return entry?.commit === commit && (await isAskedWhileUnready());
  });
  await scale(site, 0, 'ordo');
  await own('delete configmap ordo-inventory');
  await scale(site, 1, 'ordo');
  world.probes.set('web', true);
  await site.deployed(commit);
  const last = await newest(site);
  assert.deepEqual([last.rollout, last.state], [rollout + 1, 'done']);
  const { objects } = await until('the end to be recorded', async () => {
    const now = await site.inventory();
    return now.rollout === last.rollout && now;
  });
  const entry = objects.find(({ kind, name }) => kind === 'Deployment' && name === 'web');
  assert.ok(entry?.recreate !== undefined && entry.keys !== undefined);
  assert.ok(objects.some(({ name }) => name === 'last'));
});

test('#27 two ids in a containerlist ConfigMap recreate nothing; the next digest leaves one key', async () => {
  const { rollout } = await newest(site);
  await cleared(site);
  const other = pinned('web', `sha256:${'0'.repeat(64)}`);
  const patch = JSON.stringify({ data: { 1234567: other, 1234568: other } });
  await own('patch configmap containerlist-web --type=merge -p', patch);
  const from = await mark(world);
  await passes(site, 5);
  assert.deepEqual(await ordosWrites(world, from), []);
  let digest = '';
  const entry = await rolledOut(site, 'Deployment/shop/web', async () => (digest = await pushApp(world, 'web', '2')));
  assert.equal(entry.rollout, rollout + 1);
  assert.deepEqual(stepsOf(entry), ['recreate Job/shop/migrate', 'recreate Deployment/shop/web']);
  assert.equal(imageOf(await readWorkload(site, 'deployment', 'web', 'shop')), pinned('web', digest));
  await cleared(site);
  assert.deepEqual(await recordedImages(site, 'web'), { image: pinned('web', digest) });
  const idle = await mark(world);
  await passes(site, 5);
  assert.deepEqual(await ordosWrites(world, idle), []);
});

test('D10 two controllers that start at once run one rollout: the create of the Job is the lock', async () => {
  await startSecond(site, 'second');
  const { rollout } = await newest(site);
  await scale(site, 0, 'ordo', 'second');
  const commit = await site.commit({
    [`${FOLDER}/100-webconfigmap.yml`]: configMap('web', 'shop', { value: 'both' }),
  });
  const from = await mark(world);
  const hook = await startWriteHook(world, ['secrets']);
  try {
    // The first one is held between Job and Secrets until the second has seen that it is at work.
    hook.onWrite(async ({ name }) => {
      if (name === `ordo-rollout-${rollout + 1}-0`) await until('the other one to wait', isWaiting);
    });
    await scale(site, 1, 'ordo', 'second');
    await site.deployed(commit);
  } finally {
    await hook.stop();
  }
  await passes(site, 4);
  assert.equal(await valueOf(site, 'shop', 'web'), 'both');
  const done = (await ordosWrites(world, from)).filter(({ code }) => code < 300);
  const writes = done.map((write) => `${write.user} ${write.verb} ${nameIn(write)}`).filter((text) => !isTidying(text));
  const name = `ordo-rollout-${rollout + 1}`;
  assert.deepEqual(writes.sort(), [
    'ordo create events/',
    `ordo create jobs/${name}`,
    `ordo create secrets/${name}-0`,
    `ordo patch jobs/${name}`,
    'ordo update configmaps/current-yaml-commit-sha',
    'ordo update configmaps/ordo-history',
    'ordo update configmaps/ordo-history',
    'ordo update configmaps/ordo-inventory',
    'ordo update secrets/ordo-good-2',
    'ordo-runner delete deployments/web',
    'ordo-runner patch configmaps/web',
    'ordo-runner patch deployments/web',
    `ordo-runner patch secrets/ordo-restore-${rollout + 1}`,
  ]);
  const entries = (await site.history()).filter((entry) => entry.rollout > rollout);
  assert.deepEqual(
    entries.map((entry) => [entry.rollout, entry.commit, entry.state]),
    [[rollout + 1, commit, 'done']],
  );
});

const isTidying = (text: string): boolean => /ordo-outcome-|ordo-alive$|^ordo delete /.test(text);

const isWaiting = async (): Promise<boolean> => {
  const logs = ['ordo', 'second'].map((name) => own(`logs deploy/${name}`));
  return (await Promise.all(logs)).join('').includes('another controller carries out this rollout');
};

/** kubectl in Ordo's namespace, with words that hold no space, then others. */
const own = (words: string, ...others: string[]): Promise<string> =>
  site.kubectl('-n', NAMESPACE, ...words.split(' '), ...others);

const nameIn = ({ resource, name }: { resource: string; name: string }): string => `${resource}/${name}`;

const isAskedWhileUnready = async (): Promise<boolean> =>
  world.probes.requests().some(({ name, status }) => name === 'web' && status === 503);

const inventory = () => recorded(site);
