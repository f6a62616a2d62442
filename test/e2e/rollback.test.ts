import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { newest, passes, planText, uids, valueOf } from './footprints.ts';
import { ingress, kindsAt, role } from './rollback-kinds.ts';
import { BRIEF, files, IN, own, versions } from './rollback-shop.ts';
import { configMap, deployment, pushApp, service } from './samples.ts';
import { freeze, thaw } from './processes.ts';
import { buildImage } from '../standins/image.ts';
import { ACCOUNT, installSite, type Site } from './site.ts';
import { until } from './until.ts';
import { imageNow } from './workloads.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await Promise.all(['web', 'other', 'third'].map((app) => pushApp(world, app, '1')));
  world.probes.set('bad', false);
  site = await installSite({
    world,
    name: 'rollback',
    files: files(world, '1'),
  });
});
after(() => world?.close());

/** The two rollouts that follow a bad commit, once both have ended. */
async function putBack(commit: string): Promise<{ failed: HistoryEntry; back: HistoryEntry }> {
  const failed = await site.ended(commit);
  const back = await until(`rollout ${failed.rollout} to be put back`, async () => {
    const entry = (await site.history()).find(({ rollbackOf }) => rollbackOf === failed.rollout);
    return entry?.state === 'running' ? undefined : entry;
  });
  return { failed, back };
}

test('O01 J13 a group that fails goes back as a whole, without the network; earlier groups stay, later ones are not touched', async () => {
  const good = await site.sha();
  const before = await uids(site, IN, ['job/job']);
  const commit = await site.commit({
    ...files(world, '2', 'bad'),
    'deploy/3-shop/175-fresh.yml': deployment(world, own('fresh')),
    'deploy/3-shop/125-fresh.yml': configMap('fresh', IN, { value: '2' }),
    'deploy/3-shop/126-fresh.yml': role(IN, 'fresh', '2'),
    'deploy/3-shop/131-fresh.yml': service('fresh', IN),
    'deploy/3-shop/132-fresh.yml': ingress(IN, 'fresh', '2'),
    'deploy/3-shop/160-daemon.yml': null,
  });
  await until('the rollout to wait for what is bad', async () => (await valueOf(site, IN, 'config')) === '2');
  world.github.fail({ reset: true });
  world.registry.fail({ reset: true });
  const { failed, back } = await putBack(commit);
  world.github.fail(undefined);
  world.registry.fail(undefined);
  assert.equal(failed.state, 'failed');
  assert.deepEqual([back.state, back.steps.filter(({ state }) => state !== 'done')], ['done', []]);
  assert.deepEqual(await versions(site), {
    early: '2',
    inner: '2',
    crd: '2',
    claim: '2',
    config: '1',
    service: 30001,
    job: '2',
    cron: '1',
    daemon: '1',
    sts: '1',
    late: '1',
    ...kindsAt('1'),
  });
  const exposed = ['deployment/fresh', 'service/fresh', 'ingress/fresh'];
  assert.deepEqual(Object.values(await uids(site, IN, exposed)), ['', '', '']);
  assert.notEqual((await uids(site, IN, ['job/job']))['job/job'], before['job/job']);
  assert.equal(await valueOf(site, IN, 'fresh'), '2');
  assert.deepEqual(back.notReversed, [
    'Namespace/inner',
    'CustomResourceDefinition/wares.shop.example.com',
    'PersistentVolumeClaim/shop/data',
    'ConfigMap/shop/fresh',
    'Role/shop/fresh',
    'Job/shop/job',
  ]);
  assert.equal(await site.sha(), good);
});

test('O01 what failed stays in quarantine: nothing is tried again, a commit of something else does not lift it, earlier groups follow Git', async () => {
  const good = await site.sha();
  const { rollout } = await newest(site);
  await passes(site, 3);
  assert.equal((await newest(site)).rollout, rollout);
  assert.match(
    await planText(site),
    /^behind: group 3 and later ones stay at their last good state: StatefulSet\/shop\/sts failed in rollout \d+ at [0-9a-f]{10}: not ready after 20 s/m,
  );
  await site.commit({ 'README.md': 'words', 'deploy/2-early/120-early.yml': configMap('early', IN, { value: '3' }) });
  await until('the earlier group to follow', async () => (await valueOf(site, IN, 'early')) === '3');
  await passes(site, 2);
  assert.deepEqual([await valueOf(site, IN, 'config'), await valueOf(site, IN, 'late')], ['1', '1']);
  assert.equal(await site.sha(), good);
});

test('J13 the commit that mends it is rolled out, the later groups with it', async () => {
  const gone = {
    'deploy/3-shop/175-fresh.yml': null,
    'deploy/3-shop/125-fresh.yml': null,
    'deploy/3-shop/126-fresh.yml': null,
    'deploy/3-shop/131-fresh.yml': null,
    'deploy/3-shop/132-fresh.yml': null,
  };
  await site.rollOut({ ...files(world, '3'), ...gone });
  const all = ['early', 'inner', 'crd', 'claim', 'config', 'job', 'cron', 'daemon', 'sts', 'late'];
  const now = Object.fromEntries(all.map((name) => [name, '3']));
  assert.deepEqual(await versions(site), { ...now, service: 30003, ...kindsAt('3') });
  assert.doesNotMatch(await planText(site), /behind/);
});

test('O01 a workload that fails for its configuration goes back with it, and a change of the configuration alone mends it', async () => {
  const value = (text: string) => ({ 'deploy/3-shop/120-config.yml': configMap('config', IN, { value: text }) });
  const { failed, back } = await putBack(await site.commit(value('bad')));
  assert.match(failed.steps.find(({ state }) => state === 'failed')?.reason ?? '', /^not ready after 20 s/);
  assert.deepEqual(
    back.steps.map(({ kind, object }) => `${kind} ${object}`),
    ['apply ConfigMap/shop/config', 'recreate Deployment/shop/web'],
  );
  assert.equal(await valueOf(site, IN, 'config'), '3');
  await site.rollOut(value('4'));
});

test('O01 a digest that fails goes back alone, and everything else goes on', async () => {
  const good = await pushApp(world, 'other', '1');
  const app = (name: string) => deployment(world, own(name, { app: name, annotations: BRIEF }));
  await site.rollOut({ 'deploy/5-apps/10-other.yml': app('other'), 'deploy/5-apps/20-third.yml': app('third') });
  const bad = { name: `${ACCOUNT}/other:main`, version: 'bad', entrypoint: ['/no-such-program'], user: '1000' };
  const image = (name: string) => imageNow(site, name, IN);
  const [{ digest }, third] = await Promise.all([
    world.registry.push(await buildImage(bad)),
    pushApp(world, 'third', '2'),
  ]);
  await until('the bad digest to be rolled out', async () => (await image('other'))?.includes(digest));
  await until('the bad digest to be put back', async () => (await image('other'))?.includes(good));
  await until('the other one to be there', async () => (await image('third'))?.includes(third));
  await until('the rollback to end', async () => (await newest(site)).state === 'done');
  assert.match(
    await planText(site),
    new RegExp(`ghcr.io/acme/other:main stays at ${good}: ${digest} failed in rollout`),
  );
  await site.rollOut({ 'deploy/5-apps/30-after.yml': configMap('after', IN, { value: '1' }) });
  assert.ok((await image('other'))?.includes(good));
  const next = await pushApp(world, 'other', '3');
  await until('the next digest to be rolled out', async () => (await image('other'))?.includes(next));
  await until('that to be recorded', async () => (await newest(site)).state === 'done');
});

test('O01 a newer commit ends a rollout that only waits, and goes on from there', async () => {
  const slow = (probe?: string) =>
    deployment(
      world,
      own('slow', { annotations: { 'ordo.dev/timeout': '10m' }, ...(probe !== undefined && { probe }) }),
    );
  const waits = await site.commit({ 'deploy/6-slow/10-slow.yml': slow('bad') });
  await until('it to be waited for', async () => site.get('deployment', 'slow', IN));
  const mended = await site.rollOut({ 'deploy/6-slow/10-slow.yml': slow() });
  const entries = (await site.history()).slice(0, 2).map(({ commit, state }) => [commit, state]);
  assert.deepEqual(entries, [
    [mended, 'done'],
    [waits, 'stopped'],
  ]);
});

test('O01 an API server that stands still for longer than a workload may take is no failure of it, and nothing goes back', async () => {
  world.probes.set('still', false);
  const commit = await site.commit({
    'deploy/7-still/10-still.yml': deployment(world, own('still', { probe: 'still', annotations: BRIEF })),
  });
  await until('it to be waited for', async () => world.probes.requests().some(({ name }) => name === 'still'));
  const frozen = await freeze(world.cluster.commands['kube-apiserver'][0]);
  await new Promise((resolve) => setTimeout(resolve, 21_000));
  thaw(frozen);
  world.probes.set('still', true);
  const { state, steps } = await site.ended(commit);
  assert.deepEqual([state, steps.map((step) => [step.state, step.reason])], ['done', [['done', undefined]]]);
});
