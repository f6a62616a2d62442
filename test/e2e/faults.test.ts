import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Fault } from '../standins/faults.ts';
import { cleared, mark, ordosWrites, passes, planText, uids, valueOf } from './footprints.ts';
import { ordo, portSays } from './ordo.ts';
import { configMap, deployment, namespace, pushApp } from './samples.ts';
import { changeSettings } from './settings.ts';
import { ACCOUNT, installSite, ownFiles, siteOf, type Site } from './site.ts';
import { until } from './until.ts';
import { rolledOut } from './workloads.ts';
import { openWorld, type World } from './world.ts';

// One Ordo in its pod; GitHub and the registry misbehave in front of it, one way after another.

const TOKEN = 'ghp_one-for-everything-0123456789';
const DAY = 86_400_000;

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  world.github.addToken(TOKEN, { scopes: ['repo', 'read:packages'] });
  world.registry.addToken(TOKEN, { pull: 'all' });
  await pushApp(world, 'web', '1');
  site = await installSite({ world, name: 'faults', private: true, settings: { token: TOKEN }, files: shop('first') });
});
after(() => world?.close());
// What one test leaves behind is no fault of the next.
afterEach(() => {
  world.github.fail(undefined);
  world.registry.fail(undefined);
});

const text = (value: string): Record<string, string> => ({
  'deploy/2-shop/100-shopconfigmap.yml': configMap('shop', 'shop', { value }),
});
const shop = (value: string): Record<string, string> => ({
  ...text(value),
  'deploy/2-shop/10-shopnamespace.yml': namespace('shop'),
  'deploy/2-shop/170-webdeployment.yml': deployment(world, { name: 'web', namespace: 'shop' }),
});

const page = { body: '<!doctype html><title>Sign in</title>', headers: { 'content-type': 'text/html' } };
const api = ({ path }: { path: string }): boolean => path.startsWith('/api/');
const gits = ({ path, method }: { path: string; method: string }): boolean =>
  path.includes('.git/') && method === 'POST';

// What fails, how, what Ordo says of it.
const faults: [string, Fault, RegExp][] = [
  [
    'no right to read',
    { match: api, status: 403, body: '{"message":"Forbidden"}' },
    /^head commit .* does not let the token/,
  ],
  ['a page to log in', { match: api, status: 200, ...page }, /^head commit .* is not a commit id/],
  ['half an answer', { match: api, cut: 20 }, /^head commit .* connection broken before the answer/],
  [
    'too many requests',
    { match: api, status: 429, headers: { 'retry-after': '5' } },
    /^head commit .*(rate limit|wants no requests until)/,
  ],
  ['files that cannot be fetched', { match: gits, status: 503 }, /^(history|repository) .* answered 503/],
  [
    'a pack that is cut',
    { match: gits, cut: 60 },
    /^(history|repository) .* (connection broken|no usable answer|not git)/,
  ],
];

for (const [name, fault, wanted] of faults) {
  test(`O04 D41 ${name}: everything stays, Ordo says why and since when, and goes on by itself`, async () => {
    await cleared(site);
    const from = await mark(world);
    const before = await uids(site, 'shop', ['deployment/web', 'configmap/shop']);
    world.github.fail(fault);
    const commit = await site.commit(text(name));
    // Readiness, because asking for a plan would begin a pass.
    const said = await until(`readiness to tell of ${name}`, async () => {
      const line = /^ok, but (.*)$/m.exec(await ask('readyz'))?.[1];
      return line !== undefined && wanted.test(line) ? line : undefined;
    });
    assert.match(said, /is not known since \d{4}-\d\d-\d\dT[\d:.]+Z: /);
    assert.match(await planText(site), wanted);
    assert.match(
      await ask('metrics'),
      /^ordo_unknown_since_timestamp_seconds\{what="(head commit|history|repository)"\} \d+/m,
    );
    assert.deepEqual(await uids(site, 'shop', ['deployment/web', 'configmap/shop']), before);
    assert.deepEqual(await ordosWrites(world, from), []);
    world.github.fail(undefined);
    await site.deployed(commit);
    assert.equal(await valueOf(site, 'shop', 'shop'), name);
    await until('readiness to be plain again', async () => (await ask('readyz')) === 'ok\n');
  });
}

test('O04 a registry, and its token endpoint, that fail: which digest is not known since when; then the new one comes', async () => {
  const before = await uids(site, 'shop', ['deployment/web']);
  const trouble = /^the digest of ghcr\.io\/acme\/\S+ .*is not known since \S+Z: (.*); what is deployed stays/m;
  const cases: [Fault, RegExp][] = [
    [{ match: ({ path }) => path.startsWith('/v2/'), status: 502 }, /answered 502/],
    [{ status: 200, ...page }, /answered without a usable digest/],
  ];
  for (const [fault, wanted] of cases) {
    world.registry.fail(fault);
    await until('readiness to tell of the registry', async () => /the digest of/.test(await ask('readyz')));
    const reason = await until('the reason', async () => trouble.exec(await planText(site))?.[1]);
    assert.match(reason, wanted);
    assert.match(await ask('metrics'), /^ordo_unknown_digests [1-9]/m);
    world.registry.fail(undefined);
    await until('readiness to be plain again', async () => (await ask('readyz')) === 'ok\n');
  }
  assert.deepEqual(await uids(site, 'shop', ['deployment/web']), before);
  await rolledOut(site, 'Deployment/shop/web', () => pushApp(world, 'web', '2'));
});

test('O04 D41 while the quota runs low Ordo asks less often, says so, and is counted; idle costs nothing of it', async () => {
  await passes(site, 2);
  const from = world.github.requests().length;
  await passes(site, 5);
  assert.deepEqual(
    world.github
      .requests()
      .slice(from)
      .filter(({ counted }) => counted),
    [],
  );
  assert.match(await ask('metrics'), /^ordo_poll_interval_seconds 1$/m);
  // A tenth is left for the whole hour: five times as long.
  world.github.setRemaining(500, { token: TOKEN });
  await until('the interval to grow', async () => /^ordo_poll_interval_seconds [45]/m.test(await ask('metrics')));
  const plan = await planText(site);
  assert.match(
    plan,
    /^polls every \d s instead of 1 s: 500 of 5000 requests are left at .*do others use the same token\?$/m,
  );
  const metrics = await ask('metrics');
  assert.match(metrics, /^ordo_quota_remaining\{host="[\d.:]+"\} 500$/m);
  assert.match(metrics, /^ordo_requests_total\{host="[\d.:]+",result="304"\} \d+$/m);
  assert.match(metrics, /^ordo_rollout_state\{state="done"\} 1$/m);
  const polls = world.github.requests().length;
  await new Promise((resolve) => setTimeout(resolve, 9000));
  assert.ok(world.github.requests().length - polls <= 3, `${world.github.requests().length - polls} in 9 s`);
  world.github.setRemaining(5000, { token: TOKEN });
  await until('the interval to be as set', async () => /^ordo_poll_interval_seconds 1$/m.test(await ask('metrics')));
});

test('O12 a token that ends in 13 days is told by check, log, plan and readiness; a new one is used without a restart', async () => {
  const dying = 'ghp_ends-in-thirteen-days-0123456789';
  world.github.addToken(dying, { scopes: ['repo', 'read:packages'], expires: new Date(Date.now() + 13.5 * DAY) });
  world.registry.addToken(dying, { pull: 'all' });
  await changeSettings(site, { token: dying });
  const warning = /classic token, scopes repo, read:packages, expires \d{4}-\d\d-\d\d \(in 13 days\); make a new one/;
  await until('readiness to warn', async () => warning.test(await ask('readyz')));
  assert.match(await planText(site), warning);
  assert.match(await site.log(), warning);
  const check = await ordo(site, 'check');
  assert.match(check.stdout, /^warn {2}token .*in 13 days/m);
  for (const said of [check.stdout, await ask('readyz'), await site.log()]) assert.ok(!said.includes(dying));

  await changeSettings(site, { token: TOKEN });
  await until('readiness to be plain again', async () => (await ask('readyz')) === 'ok\n');
  world.github.removeToken(dying);
  world.registry.removeToken(dying);
  await site.rollOut(text('with the new token'));
});

test('O04 the repository is deleted, and made again with another history: nothing goes until its commit is there', async () => {
  await cleared(site);
  const from = await mark(world);
  const before = await uids(site, 'shop', ['deployment/web', 'configmap/shop']);
  await site.repository.remove();
  await until('readiness to tell', async () => /head commit .* not found/.test(await ask('readyz')));
  const repository = await world.github.createRepository(ACCOUNT, 'faults', { private: true });
  await until('readiness to tell', async () => /head commit .* is empty/.test(await ask('readyz')));
  assert.deepEqual(await ordosWrites(world, from), []);
  assert.deepEqual(await uids(site, 'shop', ['deployment/web', 'configmap/shop']), before);
  site = siteOf(world, repository);
  await site.deployed(await site.commit({ ...(await ownFiles()), ...shop('made again') }));
  assert.equal(await valueOf(site, 'shop', 'shop'), 'made again');
  const now = await uids(site, 'shop', ['configmap/shop']);
  assert.equal(now['configmap/shop'], before['configmap/shop']);
});

const ask = (path: 'readyz' | 'metrics'): Promise<string> => portSays(site, path);
