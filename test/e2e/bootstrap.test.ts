import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { nameOf, type Identity } from '../../src/domain/identity.ts';
import { reach } from '../cluster/reach.ts';
import { shop, SHOP } from './bootstrap-shop.ts';
import { inShell } from './deploy-script.ts';
import { everything, mark, ordosWrites, writesSince, type Live } from './footprints.ts';
import { configMap, pushApp } from './samples.ts';
import { installSite, NAMESPACE, ownFiles, SETTINGS, type Site } from './site.ts';
import { until } from './until.ts';
import { behindWall, PORT, sockets } from './wall.ts';
import { imageOf, pinned, readWorkload, rolledOut } from './workloads.ts';
import { openWorld, type World } from './world.ts';

const FOLDER = 'cluster';
const COMMITS = 'ghp_asks-for-commits-0123456789';
const CLONE = 'ghp_clones-yaml-0123456789';
const PACKAGES = 'ghp_asks-for-digests-0123456789';
const PULL = 'ghp_pulls-images-0123456789';

/** What a Secret of DORIS holds beside the account. */
const settings = {
  'repo-name': 'bootstrap',
  'folder-name': FOLDER,
  'custom-container-prefix': 'shop',
  'yaml-commit-checker-token': COMMITS,
  'clone-yaml-token': CLONE,
  'package-checker-token': PACKAGES,
  'pull-ghcr-image-token': PULL,
  'pvc-name': 'pipelineinitialisation',
};

let world: World;
let site: Site;
let begin: number;
let web: string;
let app: string;
before(async () => {
  world = await openWorld();
  for (const token of [COMMITS, CLONE]) world.github.addToken(token, { repositories: ['acme/bootstrap'] });
  for (const token of [PACKAGES, PULL]) world.registry.addToken(token, { pull: ['acme/shop-web'] });
  world.registry.setPrivate('acme/shop-web', true);
  [web, app] = await Promise.all([pushApp(world, 'shop-web', '1'), pushApp(world, 'shop-app', '1')]);
  begin = await mark(world);
  const elsewhere = { 'deploy/5-none/10-noneconfigmap.yml': configMap('none', 'default', {}) };
  const files = { ...shop(world, FOLDER), ...elsewhere };
  site = await installSite({ world, name: 'bootstrap', private: true, settings, files });
});
after(() => world?.close());

test('D02 D30 the script brings Ordo and nothing else; Ordo brings every other component of the cluster', async () => {
  const writes = await writesSince(world, begin);
  const byHand = writes.filter(({ user, resource }) => user === 'admin' && !resource.startsWith('selfsubject'));
  assert.deepEqual(
    byHand.map(({ resource, name }) => `${resource}/${name}`),
    [
      ...['namespaces/admin', `secrets/${SETTINGS}`, 'serviceaccounts/ordo', 'serviceaccounts/ordo-runner'],
      ...['clusterroles/ordo', 'clusterrolebindings/ordo', 'roles/ordo', 'rolebindings/ordo'],
      ...['clusterrolebindings/ordo-runner', 'deployments/ordo'],
    ],
  );
  const inShop = writes.filter(({ user, namespace }) => namespace === 'shop' && !user.startsWith('system:'));
  assert.deepEqual([...new Set(inShop.map(({ user }) => user))], ['ordo-runner']);

  const { objects } = await site.inventory();
  assert.ok(objects.every(({ outcome }) => outcome === 'done'));
  const components = objects.filter(({ source }) => !source.startsWith(`${FOLDER}/1-ordo/`));
  assert.deepEqual(components.map(nameOf), SHOP);
  for (const { kind, name, namespace } of components) assert.ok(await site.get(kind, name, namespace), name);
  assert.equal(await site.kubectl('-n', 'shop', 'get', 'ticket', 'first', '-o', 'jsonpath={.seat}'), '7');
  for (const workload of ['deployment/web', 'statefulset/db']) {
    const ready = await site.kubectl('-n', 'shop', 'get', workload, '-o', 'jsonpath={.status.readyReplicas}');
    assert.equal(ready, '1', workload);
  }
});

interface ConfigMap extends Live {
  metadata: Live['metadata'] & { namespace: string };
}

test('D11 the SHAs of commit and images stand in ConfigMaps of one namespace, and nowhere else', async () => {
  const read = async (): Promise<ConfigMap[]> => {
    const { items } = JSON.parse(await site.kubectl('get', 'configmaps', '-A', '-o', 'json')) as { items: ConfigMap[] };
    return items.filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt');
  };
  // What the runner said goes once it was taken over.
  const maps = await until('the outcome to be gone', async () => {
    const found = await read();
    return !found.some(({ metadata }) => metadata.name.startsWith('ordo-outcome-')) && found;
  });
  const sha = (await site.repository.resolve('main')) ?? '';
  const withShas = maps.filter(({ data = {} }) => /\b([0-9a-f]{40}|[0-9a-f]{64})\b/.test(JSON.stringify(data)));
  assert.deepEqual(
    withShas.map(({ metadata: { namespace, name }, data }) => ({ namespace, name, data })),
    [
      { namespace: NAMESPACE, name: 'containerlist-app', data: { image: pinned('shop-app', app) } },
      { namespace: NAMESPACE, name: 'containerlist-web', data: { image: pinned('shop-web', web) } },
      { namespace: NAMESPACE, name: 'current-yaml-commit-sha', data: { 'yaml-sha': sha } },
    ],
  );
  const others = maps.filter((map) => map.metadata.namespace === NAMESPACE && !withShas.includes(map));
  assert.deepEqual(
    others.map(({ metadata }) => metadata.name),
    ['ordo-alive', 'ordo-history', 'ordo-inventory'],
  );
  assert.equal((await site.inventory()).commit, sha);
});

test('D33 D34 the nine settings of DORIS do what they say, and each token is shown for its own purpose alone', async () => {
  const { objects } = await site.inventory();
  assert.ok(objects.every(({ source }) => source.startsWith(`${FOLDER}/`)));
  assert.equal(await site.get('configmap', 'none', 'default'), undefined);
  assert.equal(imageOf(await readWorkload(site, 'deployment', 'web', 'shop')), pinned('shop-web', web));
  const log = await site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo', '--tail=-1');
  assert.ok(!log.includes('pvc-name'), 'the one that Ordo has no use for is no trouble');

  const isApi = ({ path }: { path: string }): boolean => path.startsWith('/api/');
  const github = world.github.requests();
  const shown = (requests: typeof github): unknown[] => [...new Set(requests.map(({ token }) => token))];
  // Each is shown to GitHub once more to learn when it ends, and for nothing else.
  const isLook = ({ path }: { path: string }): boolean => path.endsWith('/rate_limit');
  assert.deepEqual(shown(github.filter((request) => isApi(request) && !isLook(request))), [COMMITS]);
  assert.deepEqual(shown(github.filter((request) => !isApi(request))), [CLONE]);

  const logins = world.registry.requests().filter(({ password }) => password !== undefined);
  const by = (agent: string): unknown[] => [
    ...new Set(logins.filter((login) => login.agent.startsWith(agent)).map(({ password }) => password)),
  ];
  assert.deepEqual([by('ordo'), by('containerd'), by('')], [[PACKAGES], [PULL], [PACKAGES, PULL]]);
});

test('D01 while nobody can reach its pod Ordo rolls out commits and images all the same: it only pulls', async () => {
  assert.equal(await site.kubectl('-n', NAMESPACE, 'get', 'services,endpointslices,ingresses', '-o', 'name'), '');
  const specs = await site.kubectl('-n', NAMESPACE, 'get', 'deployments,jobs,pods', '-o', 'yaml');
  assert.doesNotMatch(specs, /hostPort|hostNetwork: true/);

  const [ip = ''] = (await site.kubectl('-n', NAMESPACE, 'get', 'pods', '-l', 'app=ordo', '-o', POD_IP)).split(' ');
  assert.equal(await reach(ip, PORT), true);
  // Twice, and each time shorter than it takes the liveness probe that stands outside to have Ordo started again.
  const first = await behindWall(async () => {
    await site.rollOut({ [`${FOLDER}/100-web/100-webconfigmap.yml`]: configMap('web', 'shop', { greeting: 'hi' }) });
    await onlyAsks();
    assert.equal(await reach(ip, PORT), false);
  });
  assert.equal(await reach(ip, PORT), true);
  const second = await behindWall(async () => {
    const entry = await rolledOut(site, 'Deployment/shop/web', () => pushApp(world, 'shop-web', '2'));
    assert.equal(entry.state, 'done');
    await onlyAsks();
  });
  assert.equal(await reach(ip, PORT), true);
  assert.ok(first.probes + second.probes > 0);
  assert.equal(first.others + second.others, 0, 'somebody else than the node wanted something of Ordo');
});

/** Ordo listens for its probes alone, and everything else that it has open leads to the API server, GitHub or the registry. */
async function onlyAsks(): Promise<void> {
  const open = await sockets();
  assert.deepEqual(
    open.filter(({ state }) => state === 'LISTEN').map(({ port }) => port),
    [PORT],
  );
  const outside = ['443', new URL(world.github.gitUrl).port, new URL(world.registry.url).port];
  const asked = open.filter(({ port }) => port !== PORT).map(({ peer }) => peer.split(':').at(-1) ?? '');
  assert.deepEqual(
    asked.filter((port) => !outside.includes(port)),
    [],
  );
}

const POD_IP = 'jsonpath={.items[*].status.podIP}';

test('D31 namespace and settings are outside of the watched folder; named in it and removed, they are neither changed nor deleted', async () => {
  const namespace = `Namespace/${NAMESPACE}`;
  const secret = `Secret/${NAMESPACE}/${SETTINGS}`;
  const inInventory = async (): Promise<string[]> =>
    (await site.inventory()).objects.map(nameOf).filter((name) => name === namespace || name === secret);
  const look = async (): Promise<unknown[]> => {
    const both = [await site.get<Live>('namespace', NAMESPACE), await site.get<Live>('secret', SETTINGS, NAMESPACE)];
    return both.map((one) => [one?.metadata.uid, one?.data]);
  };
  const before = await look();
  const from = await mark(world);
  const more = `${FOLDER}/300-more/10-moreconfigmap.yml`;
  const { 'bootstrap/namespace.yml': namespaceFile = '' } = await ownFiles();
  await site.rollOut({ 'bootstrap/namespace.yml': null, [more]: configMap('more', 'shop', {}) });
  await site.rollOut({ 'bootstrap/namespace.yml': namespaceFile, [more]: null });
  assert.deepEqual(await inInventory(), []);
  const writes = (await ordosWrites(world, from)).map(({ resource, name }) => `${resource}/${name}`);
  assert.ok(writes.includes('configmaps/more'));
  assert.ok(!writes.includes(`namespaces/${NAMESPACE}`) && !writes.includes(`secrets/${SETTINGS}`));

  const metadata = { name: SETTINGS, namespace: NAMESPACE };
  const stringData = { 'pvc-name': 'another', 'folder-name': 'elsewhere' };
  const named = {
    [`${FOLDER}/1-ordo/5-adminnamespace.yml`]: namespaceFile,
    [`${FOLDER}/1-ordo/6-settingssecret.yml`]: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      stringData,
    }),
  };
  await site.rollOut(named);
  assert.deepEqual(await inInventory(), [namespace]);
  assert.deepEqual(await look(), before);
  await site.rollOut(Object.fromEntries(Object.keys(named).map((path) => [path, null])));
  assert.deepEqual(await look(), before);
  const log = await site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo', '--tail=-1');
  const held = log.split('\n').filter((line) => line.includes('"step held"'));
  for (const name of [namespace, secret])
    assert.ok(
      held.some((line) => line.includes(`"${name}"`)),
      name,
    );
  await site.rollOut({ [more]: configMap('more', 'shop', {}) });
});

test('what Ordo has deployed stays when Ordo is removed as the README says, and nothing of Ordo does', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const [, lines = ''] = /^## Removing Ordo$[^]*?^```sh\n([^]*?)^```$/m.exec(readme) ?? [];
  const isOrdos = ({ namespace, name }: Identity): boolean => namespace === NAMESPACE || /^ordo(-|$)/.test(name);
  const look = async () => {
    const all = await everything(site);
    const uids = all.map((one) => [nameOf(one), one.metadata.uid] as const).filter(([name]) => SHOP.includes(name));
    return { deployed: Object.fromEntries(uids), own: all.filter(isOrdos).map(nameOf) };
  };
  const { deployed, own } = await look();
  assert.deepEqual(Object.keys(deployed).toSorted(), SHOP.toSorted());
  assert.ok(own.includes('ClusterRole/ordo') && own.includes(`Deployment/${NAMESPACE}/ordo`));
  const { code, stderr } = await inShell(world, lines);
  assert.equal(code, 0, stderr);
  assert.deepEqual(await look(), { deployed, own: [] });
  assert.equal(await site.get('namespace', NAMESPACE), undefined);
});
