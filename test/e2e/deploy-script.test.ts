import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { idOf } from '../../src/domain/identity.ts';
import { deployScript } from './deploy-script.ts';
import { everything, mark, passes, writesSince } from './footprints.ts';
import { configMap } from './samples.ts';
import { installSite, NAMESPACE, workingCopy, type Site } from './site.ts';
import { openWorld, type World } from './world.ts';

const TOKEN = 'ghp_one-for-everything-0123456789';
const settings = { 'repo-name': 'script', token: TOKEN };

let world: World;
let site: Site;
let folder: string;
before(async () => {
  world = await openWorld();
  world.github.addToken(TOKEN);
  world.registry.addToken(TOKEN, { pull: 'all' });
  site = await installSite({ world, name: 'script', settings });
  folder = await workingCopy(world, settings);
});
after(() => world?.close());

/** uid and resourceVersion of everything in the cluster, by its id. */
const versions = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await everything(site)).map((one) => [idOf(one), `${one.metadata.uid} ${one.metadata.resourceVersion}`]),
  );

const ordo = (path: string): Promise<string> =>
  site.kubectl('-n', NAMESPACE, 'get', 'deployment', 'ordo', '-o', `jsonpath=${path}`);
const suspend = (annotation: string): Promise<string> =>
  site.kubectl('-n', NAMESPACE, 'annotate', 'configmap', 'ordo-inventory', annotation);
const image = (): Promise<string> => ordo('{.spec.template.spec.containers[0].image}');

test('D30 a second time the script changes nothing, with the settings that are there and with the same ones again', async () => {
  await passes(site, 2);
  const before = await versions();
  for (const args of [['--yes'], ['--yes', '--settings', join(folder, 'bootstrap/settings.yml')]]) {
    const { code, stdout, stderr } = await deployScript(world, folder, { args });
    assert.equal(code, 0, stderr);
    assert.equal(stdout.match(/: nothing to change$/gm)?.length, 9, stdout);
    assert.deepEqual(await versions(), before);
  }
  await passes(site, 2);
  assert.deepEqual(await versions(), before);
});

test('D30 what somebody has damaged is put right again, and Ordo goes on', async () => {
  const broken = `ghcr.io/acme/ordo:main@sha256:${'0'.repeat(64)}`;
  await site.kubectl('delete', 'clusterrolebinding', 'ordo-runner');
  await site.kubectl(
    '-n',
    NAMESPACE,
    'patch',
    'role',
    'ordo',
    '--type=json',
    '-p',
    '[{"op":"remove","path":"/rules/1"}]',
  );
  await site.kubectl('-n', NAMESPACE, 'set', 'image', 'deployment/ordo', `ordo=${broken}`);
  await site.kubectl('-n', NAMESPACE, 'wait', 'deployment/ordo', '--for=jsonpath={.status.unavailableReplicas}=1');
  // Else Ordo might put the digest behind the tag before the test looks.
  await suspend('ordo.dev/suspend=true');
  const { code, stdout, stderr } = await deployScript(world, folder, { args: ['--yes'] });
  assert.equal(code, 0, stdout + stderr);
  assert.equal(await image(), 'ghcr.io/acme/ordo:main');
  assert.equal(await ordo('{.status.availableReplicas}'), '1');
  await suspend('ordo.dev/suspend-');
  await site.rollOut({ 'deploy/2-more/10-moreconfigmap.yml': configMap('more', 'default', {}) });
  assert.ok(await site.get('configmap', 'more', 'default'));
});

test('D30 without an answer of the cluster that is meant, or without a yes, nothing is written', async () => {
  const mute = createServer();
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  const kubeconfig = await withContexts({ refusing: 'https://127.0.0.1:1', mute: `https://127.0.0.1:${port}` });
  const from = await mark(world);
  const cases: [Parameters<typeof deployScript>[2], RegExp][] = [
    [
      { args: ['--yes', '--context', 'refusing'] },
      /context refusing \(https:\/\/127\.0\.0\.1:1\) does not answer:\s+.*refused/,
    ],
    [
      { args: ['--yes', '--context', 'mute'] },
      /context mute \(https:\/\/127\.0\.0\.1:\d+\) does not answer:\s+.*imeout/,
    ],
    [
      { args: ['--yes', '--context', 'wrong'] },
      /context wrong \(unknown server\) does not answer:\s+.*"wrong" does not exist/,
    ],
    [{ typed: 'n\n' }, /context world[^]*\[y\/N\] deploy\.sh: stopped; nothing was changed/],
    [{ typed: '\n' }, /stopped; nothing was changed/],
  ];
  const said = cases.map(async ([options, message]) => {
    const { code, stdout, stderr } = await deployScript(world, folder, { kubeconfig, ...options });
    assert.match(stdout + stderr, message);
    assert.equal(code, 1);
  });
  await Promise.all(said).finally(() => mute.close());
  const writes = (await writesSince(world, from)).filter(({ user }) => user === 'admin');
  assert.deepEqual(
    writes.filter(({ resource }) => resource !== 'selfsubjectaccessreviews'),
    [],
  );
});

interface Kubeconfig {
  clusters: { name: string; cluster: Record<string, string> }[];
  contexts: { name: string; context: Record<string, string> }[];
}

/** The world's kubeconfig with more contexts: other servers, by name, and the same user. */
async function withContexts(servers: Record<string, string>): Promise<string> {
  const config = JSON.parse(await readFile(world.cluster.kubeconfig, 'utf8')) as Kubeconfig;
  const [context] = config.contexts;
  for (const [name, server] of Object.entries(servers)) {
    config.clusters.push({ name, cluster: { server } });
    config.contexts.push({ name, context: { ...context?.context, cluster: name } });
  }
  const file = join(folder, 'contexts.json');
  await writeFile(file, JSON.stringify(config));
  return file;
}
