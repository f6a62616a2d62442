import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newest, passes, planSays, planText, uids, valueOf } from './footprints.ts';
import { configMap, deployment, namespace, pushApp, pushImage } from './samples.ts';
import { changeSettings } from './settings.ts';
import { ACCOUNT, deploy, ownFiles, siteOf, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

const IN = 'first';
const TOKEN = 'checker';

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', '1');
  world.probes.set('bad', false);
  world.github.addToken(TOKEN);
  site = siteOf(world, await world.github.createRepository(ACCOUNT, 'first'));
});
after(() => world?.close());

function web(version: string, more: { probe?: string; image?: string } = {}): Record<string, string> {
  const container = `env: [{ name: VERSION, value: "${version}" }]`;
  const options = { name: 'web', namespace: IN, container, annotations: { 'ordo.dev/timeout': '20s' } };
  return { 'deploy/2-web/20-web.yml': deployment(world, { ...options, ...more }) };
}
const late = (value: string) => ({ 'deploy/3-late/10-late.yml': configMap('late', IN, { value }) });

test('O01 a first install that fails has nothing to go back to and says so; its fix is rolled out over it', async () => {
  const files = {
    ...(await ownFiles()),
    'deploy/2-web/10-namespace.yml': namespace(IN),
    ...web('1', { probe: 'bad' }),
    ...late('1'),
  };
  const commit = await site.commit(files);
  await deploy(world, { 'repo-name': 'first', 'yaml-commit-checker-token': TOKEN });
  const says =
    /^behind: group 2 and later ones stay as they are, there is no good state to go back to: Deployment\/first\/web/m;
  await until('it to be said', async () => says.test(await planText(site)));
  assert.equal((await site.ended(commit)).state, 'failed');
  const { rollout } = await newest(site);
  await passes(site, 3);
  assert.equal((await newest(site)).rollout, rollout);
  assert.notEqual((await uids(site, IN, ['deployment/web']))['deployment/web'], '');
  assert.equal(await valueOf(site, IN, 'late'), undefined);
  await site.rollOut(web('2'));
  assert.equal(await valueOf(site, IN, 'late'), '1');
});

test('O01 a registry that is away is no fault of the commit: it is tried again by itself after growing pauses, and nothing is in quarantine', async () => {
  const before = await uids(site, IN, ['deployment/web']);
  await pushImage(world, `${ACCOUNT}/web:next`, '2');
  world.registry.fail({ match: ({ path }) => path.includes('/manifests/next'), status: 503 });
  const commit = await site.commit(web('3', { image: `ghcr.io/${ACCOUNT}/web:next` }));
  const attempts = async () => (await site.history()).filter((entry) => entry.commit === commit).toReversed();
  const hasFailedTwice = async (): Promise<boolean> =>
    (await attempts()).filter(({ state }) => state === 'failed').length === 2;
  await until('it to have failed twice', hasFailedTwice, { seconds: 400 });
  const text = await planText(site);
  assert.match(text, /web:next cannot be pulled: [\s\S]*; it is tried again in \d+ s or when something changes/);
  assert.doesNotMatch(text, /^behind/m);
  const { quarantine = [] } = await site.inventory();
  assert.deepEqual(
    quarantine.filter((one) => one.commit === commit),
    [],
  );
  assert.deepEqual(await uids(site, IN, ['deployment/web']), before);
  world.registry.fail(undefined);
  await site.deployed(commit, 400);
  const all = await attempts();
  assert.deepEqual(
    all.map(({ state, by }) => [state, by]),
    ['failed', 'failed', 'done'].map((state) => [state, undefined]),
  );
  const [first = 0, second = 0] = all
    .slice(1)
    .map(({ begin }, at) => Date.parse(begin) - Date.parse(all[at]?.end ?? ''));
  assert.ok(first >= 30_000 && second >= 60_000, `the pauses were ${first} and ${second} ms`);
});

test('O02 an object that somebody deletes in the middle of a rollout is waited for, whatever keeps it, and made anew', async () => {
  world.probes.set('slow', false);
  const before = await uids(site, IN, ['configmap/late']);
  const slow = deployment(world, { name: 'slow', namespace: IN, app: 'web', probe: 'slow' });
  const commit = await site.commit({ 'deploy/2-web/30-slow.yml': slow, ...late('2') });
  await until('the group before to be waited for', async () =>
    world.probes.requests().some(({ name }) => name === 'slow'),
  );
  const finalizers = (list: string): Promise<string> =>
    site.kubectl('-n', IN, 'patch', 'configmap', 'late', '-p', `{"metadata":{"finalizers":${list}}}`);
  await finalizers('["example.com/hold"]');
  try {
    await site.kubectl('-n', IN, 'delete', 'configmap', 'late', '--wait=false');
    world.probes.set('slow', true);
    await planSays(site, /^waiting for ConfigMap\/first\/late: deleting, blocked by finalizers example\.com\/hold$/m);
  } finally {
    await finalizers('null');
  }
  await site.deployed(commit);
  const now = await uids(site, IN, ['configmap/late']);
  assert.ok(now['configmap/late'] && now['configmap/late'] !== before['configmap/late']);
  assert.equal(await valueOf(site, IN, 'late'), '2');
  assert.equal((await site.ended(commit)).state, 'done');
});

test('O01 with on-failure: stop the failed version stays where it is and waits for its fix', async () => {
  await changeSettings(site, { 'on-failure': 'stop' });
  // A pass that reads them.
  await passes(site, 1);
  const good = await site.sha();
  const failed = await site.ended(await site.commit({ ...web('4', { probe: 'bad' }), ...late('3') }));
  assert.equal(failed.state, 'failed');
  const bad = await uids(site, IN, ['deployment/web']);
  await passes(site, 3);
  assert.match(await planText(site), /^behind: group 2 and later ones stay as they are \(on-failure: stop\): /m);
  assert.deepEqual([await uids(site, IN, ['deployment/web']), (await newest(site)).rollout], [bad, failed.rollout]);
  assert.deepEqual([await valueOf(site, IN, 'late'), await site.sha()], ['2', good]);
  await site.rollOut(web('5'));
  assert.equal(await valueOf(site, IN, 'late'), '3');
});
