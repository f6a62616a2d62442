import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { cleared, mark, newest, ordosWrites, passes, planText, stepsOf, valueOf } from './footprints.ts';
import { ordoSays } from './ordo.ts';
import { configMap, deployment, namespace, pushApp } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', '1');
  site = await installSite({
    world,
    name: 'history',
    files: { 'deploy/2-line/10-linenamespace.yml': namespace('line'), ...line('0') },
  });
});
after(() => world?.close());

function line(value: string): Record<string, string> {
  return { 'deploy/2-line/100-lineconfigmap.yml': configMap('line', 'line', { value }) };
}

/** Pulls the stop switch for as long as `work` takes: what is committed meanwhile is not seen until it ends. */
async function whileStopped<T>(work: () => Promise<T>): Promise<T> {
  await setSwitch(true);
  // A pass that began before may be half done.
  await passes(site, 1);
  const result = await work();
  await setSwitch(false);
  return result;
}

function setSwitch(isOn: boolean): Promise<string> {
  const annotation = isOn ? 'ordo.dev/suspend=true' : 'ordo.dev/suspend-';
  return site.kubectl('-n', NAMESPACE, 'annotate', '--overwrite', 'configmap', 'ordo-inventory', annotation);
}

/** The commits of the rollouts since one, oldest first. */
async function rolledOutSince(rollout: number): Promise<string[]> {
  const entries = (await site.history()).filter((entry) => entry.rollout > rollout);
  return entries.map(({ commit, state }) => `${commit} ${state}`).reverse();
}

test('D13 #9 several unseen commits are rolled out one by one, oldest first', async () => {
  const { rollout } = await newest(site);
  const commits = await whileStopped(async () => [
    await site.commit(line('1')),
    await site.commit({ ...line('2'), 'deploy/2-line/110-onlyconfigmap.yml': configMap('only', 'line', {}) }),
    await site.commit({ 'README.md': 'words' }),
    await site.commit({ ...line('3'), 'deploy/2-line/110-onlyconfigmap.yml': null }),
  ]);
  await site.deployed(commits[3] ?? '');
  const [first, second, , fourth] = commits;
  assert.deepEqual(await rolledOutSince(rollout), [`${first} done`, `${second} done`, `${fourth} done`]);
  assert.equal(await valueOf(site, 'line', 'line'), '3');
});

test('#7 a commit that changes no manifest moves the SHA and is noted, and nothing else', async () => {
  const { rollout } = await newest(site);
  await cleared(site);
  const from = await mark(world);
  await site.rollOut({ 'README.md': 'more words', 'docs/page.md': 'a page' });
  await passes(site, 2);
  assert.equal((await newest(site)).rollout, rollout);
  const writes = (await ordosWrites(world, from)).map(({ verb, resource, name }) => `${verb} ${resource}/${name}`);
  assert.deepEqual(writes, ['update configmaps/ordo-history', 'update configmaps/current-yaml-commit-sha']);
});

test('#9 of more than ten unseen commits only the newest is rolled out', async () => {
  const { rollout } = await newest(site);
  const last = await whileStopped(async () => {
    let commit = '';
    for (let at = 1; at <= 12; at += 1) commit = await site.commit(line(`gap ${at}`));
    return commit;
  });
  await site.deployed(last);
  assert.deepEqual(await rolledOutSince(rollout), [`${last} done`]);
  assert.equal(await valueOf(site, 'line', 'line'), 'gap 12');
});

test('#8 after a force-push Ordo goes straight to the newest commit, not back in time', async () => {
  const { rollout } = await newest(site);
  const old = (await site.history()).at(-2)?.commit ?? '';
  const forced = await whileStopped(async () => {
    await site.repository.reset(old);
    await site.commit(line('forced 1'));
    return site.commit(line('forced 2'));
  });
  await site.deployed(forced);
  assert.deepEqual(await rolledOutSince(rollout), [`${forced} done`]);
  assert.equal(await valueOf(site, 'line', 'line'), 'forced 2');
});

test('D13 a bad commit never blocks its own fix: after a failure the newest comes next', async () => {
  const { rollout } = await newest(site);
  const bad = `${configMap('line', 'line', { value: 'bad' })}nonsense: true\n`;
  const [first, , fix] = await whileStopped(async () => [
    await site.commit({ 'deploy/2-line/100-lineconfigmap.yml': bad }),
    await site.commit({ 'deploy/2-line/120-passedconfigmap.yml': configMap('passed', 'line', { value: 'over' }) }),
    await site.commit(line('fixed')),
  ]);
  await site.deployed(fix);
  assert.deepEqual(await rolledOutSince(rollout), [`${first} failed`, `${fix} done`]);
  assert.equal(await valueOf(site, 'line', 'line'), 'fixed');
  assert.equal(await valueOf(site, 'line', 'passed'), 'over');
});

test('the stop switch pauses a running rollout between two steps, and it goes on there', async () => {
  world.probes.set('first', false);
  const from = await mark(world);
  const commit = await site.commit({
    'deploy/3-switch/170-firstdeployment.yml': deployment(world, {
      name: 'first',
      namespace: 'line',
      app: 'web',
      probe: 'first',
    }),
    'deploy/4-after/100-afterconfigmap.yml': configMap('after', 'line', { value: 'after' }),
  });
  const isAsked = async (): Promise<boolean> => world.probes.requests().some(({ name }) => name === 'first');
  await until('the first pod to be asked for its readiness', isAsked);
  const { rollout } = await newest(site);
  await setSwitch(true);
  const pods = () => site.list('pod', NAMESPACE, `ordo.dev/rollout=${rollout}`);
  await until('the pod of the Job to be gone', async () => (await pods()).length === 0);
  world.probes.set('first', true);
  await site.kubectl('-n', 'line', 'rollout', 'status', 'deployment/first', '--timeout=30s');
  assert.match(await planText(site), /^rollout \d+ is running/);
  assert.equal(await valueOf(site, 'line', 'after'), undefined);

  await setSwitch(false);
  await site.deployed(commit);
  assert.deepEqual(await rolledOutSince(rollout - 1), [`${commit} done`]);
  const writes = (await ordosWrites(world, from)).filter(({ namespace: where }) => where === 'line');
  assert.deepEqual(
    writes.map(({ verb, name }) => `${verb} ${name}`),
    ['patch first', 'patch after'],
  );
});

test('while the stop switch is pulled nothing new begins, and ordo plan says so', async () => {
  const { rollout } = await newest(site);
  const commit = await whileStopped(async () => {
    const made = await site.commit(line('stopped'));
    const plan = await planText(site);
    assert.match(plan, /^stopped by the annotation ordo\.dev\/suspend on ConfigMap ordo-inventory/m);
    assert.match(plan, /^ +apply +ConfigMap\/line\/line/m);
    await passes(site, 2);
    assert.equal((await newest(site)).rollout, rollout);
    assert.equal(await valueOf(site, 'line', 'line'), 'fixed');
    return made;
  });
  await site.deployed(commit);
  assert.deepEqual(stepsOf(await newest(site)), ['apply ConfigMap/line/line']);
});

/** What `ordo history --json` says. */
async function told(): Promise<(HistoryEntry & { pushToLiveSeconds?: number })[]> {
  return JSON.parse(await ordoSays(site, 'history', '--json')) as HistoryEntry[];
}

test('J11 an empty commit and a merge that changes nothing are in the record, and idle passes write nothing', async () => {
  const empty = await site.rollOut({}, 'an empty commit');
  const first = (await site.history()).at(-1)?.commit ?? '';
  const merge = await site.repository.commit({}, 'a merge', { merge: first });
  await site.deployed(merge);
  const { unchanged = [] } = await newest(site);
  assert.deepEqual(
    unchanged.map(({ commit, about }) => [commit, about?.author, about?.subject]),
    [
      [merge, 'ordo test', 'a merge'],
      [empty, 'ordo test', 'an empty commit'],
    ],
  );
  await cleared(site);
  const from = await mark(world);
  await passes(site, 3);
  assert.deepEqual(await ordosWrites(world, from), []);
});

test('J07 J08 J09 J10 the record has every rollout: failed ones, those of commits that a force-push took away, and how long each took', async () => {
  const lost = await site.rollOut(line('lost'), 'soon forced away');
  const kept = (await site.history()).at(-2)?.commit ?? '';
  await site.repository.reset(kept);
  await site.deployed(await site.commit(line('after'), 'in its place'));
  const entries = await told();
  assert.ok(entries.some(({ state }) => state === 'failed'));
  // What it was reset to may have been rolled out in between.
  const [newer] = entries;
  const older = entries.find(({ commit }) => commit === lost);
  assert.deepEqual([newer?.about?.subject, older?.about?.subject], ['in its place', 'soon forced away']);
  for (const entry of [newer, older]) {
    const { about, seen = '', begin = '', end = '', pushToLiveSeconds = -1 } = entry ?? {};
    const times = [about?.committed ?? '', seen, begin, end].map((time) => Date.parse(time));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.equal(pushToLiveSeconds, Math.round(((times[3] ?? 0) - (times[0] ?? 0)) / 1000));
    const states = entry?.steps.map(({ state, document }) => `${state} ${document}`) ?? [];
    assert.deepEqual([...new Set(states)], ['done 0']);
  }
});
