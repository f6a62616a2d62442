import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mark, ordosWrites, passes, planText, stepsOf, uids, type Live } from './footprints.ts';
import { configMap, deployment, namespace, pushApp } from './samples.ts';
import { ACCOUNT, deploy, NAMESPACE, ownFiles, siteOf, type Site } from './site.ts';
import { until } from './until.ts';
import { pinned, recordedImages } from './workloads.ts';
import { openWorld, type World } from './world.ts';

const APP = 'pipelineinitialisation';
const CONFIG = 'deploy/2-shop/100-webconfigmap.yml';
const WEB = 'deploy/2-shop/170-webdeployment.yml';
const OBJECTS = ['configmap/web', 'deployment/web'];

let world: World;
let site: Site;
let digest: string;
let old: string;
let from: number;
let uidsBefore: Record<string, string>;

/** A cluster that DORIS follows, some commits behind; then Ordo comes. */
before(async () => {
  world = await openWorld();
  digest = await pushApp(world, 'web', '1');
  await pushApp(world, APP, 'doris');
  world.github.addToken('checker');
  site = siteOf(world, await world.github.createRepository(ACCOUNT, 'doris', { private: false }));
  const web = deployment(world, { name: 'web', namespace: 'shop' });
  old = await site.commit({ [WEB]: web, [CONFIG]: configMap('web', 'shop', { value: 'old', gone: 'yes' }) });
  const image = pinned('web', digest);
  const state = [
    namespace(NAMESPACE),
    namespace('shop'),
    configMap('current-yaml-commit-sha', NAMESPACE, { 'yaml-sha': old }),
    configMap('containerlist-web', NAMESPACE, { '48151623': image }),
    configMap('web', 'shop', { value: 'old', gone: 'yes' }),
    web.replace('image_url_var', image),
    dorisItself().replace('image_url_var', `ghcr.io/acme/${APP}:main`),
  ];
  const { code, stderr } = await world.cluster.kubectl(['apply', '-f', '-'], state.join('---\n'));
  assert.equal(code, 0, stderr);
  await site.kubectl('-n', 'shop', 'rollout', 'status', 'deployment/web', '--timeout=60s');
  uidsBefore = await uids(site, 'shop', OBJECTS);
  await site.commit({ [CONFIG]: configMap('web', 'shop', { value: 'between' }) });
  await site.commit({ ...(await ownFiles()), [CONFIG]: configMap('web', 'shop', { value: 'new' }) });
  from = await mark(world);
  await deploy(world, { 'repo-name': 'doris', 'yaml-commit-checker-token': 'checker' });
});
after(() => world?.close());

const dorisItself = (): string => deployment(world, { name: 'doris', namespace: NAMESPACE, app: APP });

test('D11 DORIS at work in the cluster: Ordo changes nothing, and says how to remove it', async () => {
  await passes(site, 2);
  await saysThatItWaits(
    /DORIS is in the cluster \(Deployment\/admin\/doris\).*kubectl -n admin delete deployment doris/,
  );
  assert.match(await site.log(), /"msg":"held"/);
  assert.equal(await site.sha(), old);
  const writes = (await ordosWrites(world, from)).map(({ verb, resource, name }) => `${verb} ${resource}/${name}`);
  assert.deepEqual([...new Set(writes)].sort(), [
    'create configmaps/ordo-alive',
    'create configmaps/ordo-inventory',
    'create secrets/ordo-key',
    'update configmaps/ordo-inventory',
  ]);
});

test('D11 DORIS in the repository is held as well: it would come back', async () => {
  const file = 'deploy/1-doris/170-dorisdeployment.yml';
  await site.commit({ [file]: dorisItself() });
  // A pass that asked for the head before the commit would find DORIS nowhere.
  await passes(site, 2);
  await site.kubectl('-n', NAMESPACE, 'delete', 'deployment', 'doris', '--cascade=foreground');
  const text = new RegExp(`DORIS would come with the repository.*take ${file} out of the repository`);
  await until('DORIS to be in the repository alone', async () => text.test(await planText(site)));
  await saysThatItWaits(text);
  assert.equal(await site.sha(), old);
  // The next test lets it go on, while the registry does not say what the newest image is.
  world.registry.fail({ match: ({ path }) => path.startsWith('/v2/acme/web/manifests/'), status: 503 });
  await site.commit({ [file]: null });
});

test("D11 #27 what DORIS has made is taken over in place, straight to the newest commit, by DORIS's digest", async () => {
  await site.deployed((await site.repository.resolve('main')) ?? '');
  world.registry.fail(undefined);
  const [entry, ...others] = await site.history();
  assert.deepEqual(others, []);
  assert.deepEqual(
    (entry ? stepsOf(entry) : []).filter((step) => step.includes('/shop/')),
    ['apply ConfigMap/shop/web', 'apply Deployment/shop/web'],
  );
  assert.deepEqual(await uids(site, 'shop', OBJECTS), uidsBefore);
  const replicaSets = await site.kubectl('-n', 'shop', 'get', 'replicasets', '-o', 'name');
  assert.equal(replicaSets.trim().split('\n').length, 1, 'the image runs already: no new pods');
  const taken = await site.get<Live>('configmap', 'web', 'shop');
  assert.deepEqual(taken?.data, { value: 'new' });
  assert.deepEqual(await recordedImages(site, 'web'), { image: pinned('web', digest) });
});

/** In `ordo plan` and in the text of readiness. */
async function saysThatItWaits(text: RegExp): Promise<void> {
  assert.match(await planText(site), text);
  const ask = "fetch('http://127.0.0.1:8080/readyz').then(async (it) => console.log(it.status, await it.text()))";
  const answer = await site.kubectl('-n', NAMESPACE, 'exec', 'deploy/ordo', '--', 'node', '-e', ask);
  assert.match(answer, /^200 ok, but DORIS/);
  assert.match(answer, text);
}
