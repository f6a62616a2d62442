import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newest, passes, planText, uids, valueOf } from './footprints.ts';
import { portSays } from './ordo.ts';
import { SERVE, configMap, deployment, namespace, pushApp } from './samples.ts';
import { changeSettings } from './settings.ts';
import { ACCOUNT, deploy, NAMESPACE, siteOf, type Site } from './site.ts';
import { buildImage } from '../standins/image.ts';
import type { Fault } from '../standins/faults.ts';
import { until } from './until.ts';
import { pinned, recordedImages, rolledOut, statesOf } from './workloads.ts';
import { openWorld, type World } from './world.ts';

const NAME = 'outside';

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  world.github.addToken('checker');
  world.github.addToken('packages', { repositories: [], scopes: ['read:packages'] });
  world.registry.addToken('packages', { pull: 'all' });
  const repository = await world.github.createRepository(ACCOUNT, NAME);
  site = siteOf(world, repository);
});
after(() => world?.close());

const text = (value: string): Record<string, string> => ({
  'deploy/2-out/100-outconfigmap.yml': configMap('out', 'out', { value }),
});

test('#3 a repository without any image of its own is deployed like every other', async () => {
  const commit = await site.commit({ 'deploy/2-out/10-outnamespace.yml': namespace('out'), ...text('first') });
  await deploy(world, {
    'repo-name': NAME,
    'yaml-commit-checker-token': 'checker',
    'package-checker-token': 'packages',
    'ready-timeout': '30s',
  });
  await site.deployed(commit);
  assert.equal(await valueOf(site, 'out', 'out'), 'first');
});

test('#19 only the tag counts: another tag, an attestation or a foreign platform’s child is no new image', async () => {
  const first = await push({ 'linux/amd64': '1', 'linux/arm64': '1' });
  await site.rollOut({ 'deploy/2-out/170-webdeployment.yml': deployment(world, { name: 'web', namespace: 'out' }) });
  const { rollout } = await newest(site);
  const before = await uids(site, 'out', ['deployment/web']);
  await push({ 'linux/amd64': 'pr', 'linux/arm64': 'pr' }, 'pr-17');
  const attested = await push({ 'linux/amd64': '1', 'linux/arm64': '1' }, 'main', 'attestation');
  const foreign = await push({ 'linux/amd64': '1', 'linux/arm64': '2' });
  assert.equal(new Set([first, attested, foreign]).size, 3);
  await passes(site, 3);
  assert.equal((await newest(site)).rollout, rollout);
  assert.deepEqual(await uids(site, 'out', ['deployment/web']), before);
  assert.deepEqual(await recordedImages(site, 'web'), { image: pinned('web', first) });

  let own = '';
  await rolledOut(site, 'Deployment/out/web', async () => {
    own = await push({ 'linux/amd64': '2', 'linux/arm64': '2' });
  });
  assert.deepEqual(await recordedImages(site, 'web'), { image: pinned('web', own) });
});

async function push(version: Record<string, string>, tag = 'main', attestation?: string): Promise<string> {
  const options = { name: `${ACCOUNT}/web:${tag}`, version, entrypoint: SERVE, user: '1000' };
  const image = await buildImage({ ...options, ...(attestation !== undefined && { attestation }) });
  return (await world.registry.push(image)).digest;
}

test('#20 D04 more packages than one page of any list: the registry is asked for each image in use', async () => {
  const apps = Array.from({ length: 35 }, (_, index) => `many-${index + 101}`);
  for (const app of apps) await pushApp(world, app, '1');
  const files = apps.map((name) => [
    `deploy/3-many/170-${name}deployment.yml`,
    deployment(world, { name, namespace: 'out', replicas: 0 }),
  ]);
  await site.rollOut(Object.fromEntries(files) as Record<string, string>);
  assert.deepEqual([...new Set(Object.values(statesOf(await newest(site))))], ['done'], 'some are held');
  const last = apps.at(-1) ?? '';
  let digest = '';
  await rolledOut(site, `Deployment/out/${last}`, async () => {
    digest = await pushApp(world, last, '2');
  });
  assert.deepEqual(await recordedImages(site, last), { image: pinned(last, digest) });
});

test('#1 a registry that refuses or fails freezes what is deployed; commits go on, and it recovers by itself', async () => {
  const images = await recordedImages(site, 'web');
  const before = await uids(site, 'out', ['deployment/web', 'deployment/many-101']);
  for (const status of [401, 403, 404, 500]) {
    world.registry.fail({ status });
    await site.rollOut(text(`while the registry says ${status}`));
    assert.equal(await valueOf(site, 'out', 'out'), `while the registry says ${status}`);
    // What uses an image is not even held: the digest that was last known stands.
    assert.deepEqual(Object.keys(statesOf(await newest(site))), ['ConfigMap/out/out']);
  }
  await passes(site, 2);
  assert.deepEqual(await uids(site, 'out', ['deployment/web', 'deployment/many-101']), before);
  assert.deepEqual(await recordedImages(site, 'web'), images);
  world.registry.fail(undefined);
  await rolledOut(site, 'Deployment/out/web', () => push({ 'linux/amd64': '3', 'linux/arm64': '3' }));
});

const faults: [string, () => Fault, RegExp][] = [
  ['a 500', () => ({ status: 500 }), /answered 500|HTTP 500|500/],
  ['a refused token', () => ({ status: 401, body: '{"message":"Bad credentials"}' }), /Bad credentials/],
  ['a broken connection', () => ({ reset: true }), /broken/],
  ['too many requests', () => ({ status: 429, headers: { 'retry-after': '3' }, times: 1 }), /wants no request/],
  [
    'a used-up limit',
    () => ({
      status: 403,
      times: 1,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3) },
      body: '{"message":"API rate limit exceeded"}',
    }),
    /limit|until/,
  ],
];

for (const [name, fault, reason] of faults) {
  test(`#2 #34 ${name} from GitHub: Ordo runs on, says what is not known since when, and goes on by itself`, async () => {
    const pod = await ordoPod();
    const from = world.github.requests().length;
    const given = fault();
    world.github.fail(given);
    const commit = await site.commit(text(name));
    const trouble = /^head commit is not known since \d{4}-\d\d-\d\dT[\d:.]+Z: (.*)$/m;
    const said = await until('Ordo to say what is not known', async () => trouble.exec(await planText(site))?.[1]);
    assert.match(said, reason);
    assert.match(await portSays(site, 'readyz'), /^ok, but head commit is not known since /);
    assert.match(await site.log(), /"what":"head commit","reason":"[^"]+","since":"\d{4}-\d\d-\d\dT[\d:.]+Z"/);
    assert.notEqual(await site.sha(), commit);
    world.github.fail(undefined);
    // Asking for a plan begins a pass at once; without it the pause ends by itself.
    await until(
      'the commit to be deployed',
      async () => (await planText(site)) !== '' && (await site.sha()) === commit,
    );
    assert.equal(await portSays(site, 'readyz'), 'ok\n');
    assert.equal(await ordoPod(), pod);
    const polls = world.github
      .requests()
      .slice(from)
      .filter(({ path }) => path.includes('/commits/'));
    const at = polls.findIndex(({ status }) => status === given.status);
    const early = endOfPause(given, polls[at]?.time ?? 0) - (polls[at + 1]?.time ?? 0);
    assert.ok(early <= 0, `GitHub was asked ${early} ms before it wanted to be`);
  });
}

/** When GitHub may be asked again after an answer of that time, in milliseconds since 1970. */
function endOfPause({ headers = {} }: Fault, time: number): number {
  const after = headers['retry-after'];
  return after === undefined ? 1000 * Number(headers['x-ratelimit-reset'] ?? 0) : time + 1000 * Number(after);
}

test('D37 #29 a rotated token is used at the next pass, without a redeploy', async () => {
  const pod = await ordoPod();
  world.github.removeToken('checker');
  const commit = await site.commit(text('rotated'));
  await until('the old token to be refused', async () => /Bad credentials/.test(await planText(site)));
  world.github.addToken('rotated-checker');
  await changeSettings(site, { 'yaml-commit-checker-token': 'rotated-checker' });
  await until('the commit to be deployed', async () => (await planText(site)) !== '' && (await site.sha()) === commit);
  assert.equal(await ordoPod(), pod);
});

/** The controller's pod with its restarts. */
function ordoPod(): Promise<string> {
  const path = '{.items[0].metadata.uid} {.items[0].status.containerStatuses[0].restartCount}';
  return site.kubectl('-n', NAMESPACE, 'get', 'pods', '-l', 'app=ordo', '-o', `jsonpath=${path}`);
}
