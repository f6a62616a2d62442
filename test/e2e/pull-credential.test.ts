import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newest } from './footprints.ts';
import { assertNowhere, formsOf } from './no-tokens.ts';
import { deployment, namespace, pushApp } from './samples.ts';
import { deploy, installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { imageOf, pinned, readWorkload, recordedImages, rolledOut } from './workloads.ts';
import { openWorld, type World } from './world.ts';

const CHECK_TOKEN = 'ghp_reads-digests-0123456789';
const PULL_TOKEN = 'ghp_pulls-images-0123456789';
const NEW_PULL_TOKEN = 'ghp_pulls-images-9876543210';
const FORMS = formsOf([CHECK_TOKEN, PULL_TOKEN, NEW_PULL_TOKEN], ['acme', 'somebody']);

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  world.registry.setPrivate('acme/closed', true);
  world.registry.addToken(CHECK_TOKEN, { pull: ['acme/closed'] });
  world.registry.addToken(PULL_TOKEN, { pull: ['acme/closed'] });
  site = await installSite({ world, name: 'credential', settings: settings(PULL_TOKEN) });
});
after(() => world?.close());

const settings = (pullToken: string): Record<string, string> => ({
  'package-checker-token': CHECK_TOKEN,
  'pull-ghcr-image-token': pullToken,
});

test('D28 a private image is pulled with the plain token that is set, and the token stands nowhere else', async () => {
  await pushApp(world, 'closed', '1');
  await site.rollOut({
    'deploy/2-closed/10-closednamespace.yml': namespace('closed'),
    'deploy/2-closed/40-ghcrsecret.yml': `
apiVersion: v1
kind: Secret
metadata: { name: ghcr, namespace: closed }
type: kubernetes.io/dockerconfigjson
data:
  .dockerconfigjson: pull_ghcr_image_token
`,
    'deploy/2-closed/170-closeddeployment.yml': deployment(world, {
      name: 'closed',
      namespace: 'closed',
      pod: 'imagePullSecrets: [{ name: ghcr }]',
    }),
  });
  const auth = base64(`acme:${PULL_TOKEN}`);
  assert.deepEqual(JSON.parse(await pullSecret()), {
    auths: { 'ghcr.io': { username: 'acme', password: PULL_TOKEN, auth } },
  });
  await assertNowhere(site, FORMS);
});

test('D28 a docker config in base64, as DORIS users have it, takes the place of the plain token', async () => {
  const config = JSON.stringify({ auths: { 'ghcr.io': { auth: base64(`somebody:${NEW_PULL_TOKEN}`) } } });
  const broken = base64(config).replaceAll(/.{40}/g, '$&\n');
  world.registry.addToken(NEW_PULL_TOKEN, { pull: ['acme/closed'] });
  world.registry.removeToken(PULL_TOKEN);
  const before = await readWorkload(site, 'deployment', 'closed', 'closed');
  await deploy(world, { 'repo-name': 'credential', ...settings(broken) });
  // A new pod reads the Secret at once, the running one when its kubelet comes by.
  await site.kubectl('-n', NAMESPACE, 'delete', 'pod', '-l', 'app=ordo');
  await until('the new credential to be in the cluster', async () => (await pullSecret()) === config);
  let digest = '';
  const rollout = await rolledOut(site, 'Deployment/closed/closed', async () => {
    digest = await pushApp(world, 'closed', '2');
  });
  assert.equal(rollout.state, 'done');
  const now = await readWorkload(site, 'deployment', 'closed', 'closed');
  assert.notEqual(now.metadata.uid, before.metadata.uid);
  assert.equal(imageOf(now), pinned('closed', digest));
  await assertNowhere(site, FORMS);
});

test('O02 the pod that pulls a private image beforehand has the pull Secrets of its workload; until it has, nothing is deleted', async () => {
  const before = await readWorkload(site, 'deployment', 'closed', 'closed');
  // Nodes alone ask for blobs, and for none that they have: this version is in no other file.
  world.registry.fail({ match: ({ path }) => path.includes('/blobs/'), status: 503 });
  const digest = await pushApp(world, 'closed', 'closed-to-all-others');
  const pullers = await until('a pod that pulls', async () => {
    const text = await site.kubectl('-n', 'closed', 'get', 'pods', '-l', 'ordo.dev/pull', '-o', 'json');
    const { items } = JSON.parse(text) as { items: { spec: { imagePullSecrets?: unknown } }[] };
    return items.length > 0 && items;
  });
  assert.deepEqual(
    pullers.map(({ spec }) => spec.imagePullSecrets),
    [[{ name: 'ghcr' }]],
  );
  assert.equal((await readWorkload(site, 'deployment', 'closed', 'closed')).metadata.uid, before.metadata.uid);
  world.registry.fail(undefined);
  await until('the new image to be recorded', async () => (await newest(site)).state === 'done' && isRecorded(digest));
});

const isRecorded = async (digest: string): Promise<boolean> =>
  (await recordedImages(site, 'closed'))?.['image'] === pinned('closed', digest);

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function pullSecret(): Promise<string> {
  const found = await site.get<{ type: string; data: Record<string, string> }>('secret', 'ghcr', 'closed');
  assert.equal(found?.type, 'kubernetes.io/dockerconfigjson');
  return Buffer.from(found.data['.dockerconfigjson'] ?? '', 'base64').toString();
}
