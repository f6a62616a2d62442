import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newest, passes, planText, uids, valueOf } from './footprints.ts';
import { configMap, deployment, namespace, pushApp } from './samples.ts';
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

function web(version: string, probe?: string): Record<string, string> {
  const container = `env: [{ name: VERSION, value: "${version}" }]`;
  const options = { name: 'web', namespace: IN, container, annotations: { 'ordo.dev/timeout': '20s' } };
  return { 'deploy/2-web/20-web.yml': deployment(world, { ...options, ...(probe !== undefined && { probe }) }) };
}
const late = (value: string) => ({ 'deploy/3-late/10-late.yml': configMap('late', IN, { value }) });

test('O01 a first install that fails has nothing to go back to and says so; its fix is rolled out over it', async () => {
  const files = {
    ...(await ownFiles()),
    'deploy/2-web/10-namespace.yml': namespace(IN),
    ...web('1', 'bad'),
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

test('O01 with on-failure: stop the failed version stays where it is and waits for its fix', async () => {
  await changeSettings(site, { 'on-failure': 'stop' });
  const good = await site.sha();
  const failed = await site.ended(await site.commit({ ...web('3', 'bad'), ...late('2') }));
  assert.equal(failed.state, 'failed');
  const bad = await uids(site, IN, ['deployment/web']);
  await passes(site, 3);
  assert.match(await planText(site), /^behind: group 2 and later ones stay as they are \(on-failure: stop\): /m);
  assert.deepEqual([await uids(site, IN, ['deployment/web']), (await newest(site)).rollout], [bad, failed.rollout]);
  assert.deepEqual([await valueOf(site, IN, 'late'), await site.sha()], ['1', good]);
  await site.rollOut(web('4'));
  assert.equal(await valueOf(site, IN, 'late'), '2');
});
