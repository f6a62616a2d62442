import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newest, stepsOf, uids, valueOf } from './footprints.ts';
import { pushOrdo } from './own-image.ts';
import { configMap, namespace } from './samples.ts';
import { installSite, NAMESPACE, ownFiles, type Site } from './site.ts';
import { rolledOut } from './workloads.ts';
import { openWorld, type World } from './world.ts';

const OWN = 'deploy/1-ordo/170-ordodeployment.yml';
const CONFIG = 'deploy/2-shop/20-webconfigmap.yml';

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  const files = { 'deploy/2-shop/10-namespace.yml': namespace('shop'), [CONFIG]: config('1') };
  site = await installSite({ world, name: 'own', files });
});
after(() => world?.close());

const config = (value: string): string => configMap('web', 'shop', { value });
const inCluster = (path: string): Promise<string> =>
  site.kubectl('-n', NAMESPACE, 'get', 'deployment', 'ordo', '-o', `jsonpath={.spec.template.spec.${path}}`);
const own = (): Promise<Record<string, string>> => uids(site, NAMESPACE, ['deployment/ordo']);
const pods = (): Promise<string> => site.kubectl('-n', NAMESPACE, 'get', 'pods', '-l', 'app=ordo', '-o', 'name');

test('D15 D04 a new image of Ordo is taken like that of any package: in place, and the new Ordo goes on', async () => {
  const before = [await own(), await pods()];
  let digest = '';
  const entry = await rolledOut(
    site,
    `Deployment/${NAMESPACE}/ordo`,
    async () => (digest = await pushOrdo(world, '2')),
  );
  assert.equal(entry.state, 'done');
  assert.deepEqual(stepsOf(entry), [`apply Deployment/${NAMESPACE}/ordo`]);
  assert.equal(await inCluster('containers[0].image'), `ghcr.io/acme/ordo:main@${digest}`);
  assert.deepEqual(await own(), before[0], 'the Deployment was made anew');
  assert.notEqual(await pods(), before[1]);
  await site.rollOut({ [CONFIG]: config('2') });
  assert.equal(await valueOf(site, 'shop', 'web'), '2');
  const job = `job/ordo-rollout-${(await newest(site)).rollout}`;
  const image = await site.kubectl(
    '-n',
    NAMESPACE,
    'get',
    job,
    '-o=jsonpath={.spec.template.spec.containers[0].image}',
  );
  assert.ok(image.endsWith(digest), 'the Job has the new image too');
});

test('D15 a commit that changes the manifest of Ordo and another object carries out both', async () => {
  const before = await own();
  const text = (await ownFiles())[OWN] ?? '';
  const changed = text.replace('memory: 152Mi', 'memory: 176Mi');
  assert.notEqual(changed, text);
  await site.rollOut({ [OWN]: changed, [CONFIG]: config('3') });
  assert.deepEqual(stepsOf(await newest(site)), [`apply Deployment/${NAMESPACE}/ordo`, 'apply ConfigMap/shop/web']);
  assert.equal(await inCluster('containers[0].resources.limits.memory'), '176Mi');
  assert.deepEqual(await own(), before);
  assert.equal(await valueOf(site, 'shop', 'web'), '3');
});
