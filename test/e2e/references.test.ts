import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { KUBERNETES_KINDS } from '../../src/manifests/kubernetes-kinds.ts';
import { micros, runnerWrites } from './audit.ts';
import { newest, planSays, stepsOf, uids } from './footprints.ts';
import { ordo } from './ordo.ts';
import { account, ALLOWED, BINDING, colors, ROLE, user, user0, ways, WAYS } from './references-files.ts';
import { configMap, namespace, pushApp, secret } from './samples.ts';
import { installSite, type Site } from './site.ts';
import { openWorld, type World } from './world.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const CONFIG = 'deploy/20-users/20-colorsconfigmap.yml';
const SECRET = 'deploy/20-users/30-colorssecret.yml';
let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'app', '1');
  site = await installSite({
    world,
    name: 'references',
    files: {
      'deploy/20-users/10-usersnamespace.yml': namespace('users'),
      [CONFIG]: colors('configMap', 'red'),
      [SECRET]: colors('secret', 'red'),
      'deploy/20-users/40-puller.yml': account('puller', ['colors']),
      ...Object.fromEntries(
        ['configMap', 'secret'].flatMap((kind) => Object.keys(WAYS).map((way) => user(world, kind, way))),
      ),
      'deploy/20-users/60-pulldeployment.yml': user0(world, 'pull', {
        pod: 'imagePullSecrets: [{ name: colors }]\nserviceAccountName: puller',
      }),
      'deploy/50-order/10-ordernamespace.yml': ALLOWED,
      'deploy/50-order/20-binding.yml': BINDING,
      'deploy/50-order/30-account.yml': account('a', ['s'], 'order'),
      'deploy/50-order/40-secret.yml': secret('s', 'order', { a: '1' }),
      'deploy/50-order/50-role.yml': ROLE,
      'deploy/50-order/60-free.yml': configMap('free', 'order', { a: '1' }),
    },
  });
});
after(() => world?.close());

test('D16 a change recreates who reads it, in every way, and nobody who pulls with it', async () => {
  for (const [kind, path] of [
    ['configMap', CONFIG],
    ['secret', SECRET],
  ] as const) {
    const before = await uids(site, 'users', ['deployment/pull', ...ways('secret'), ...ways('configMap')]);
    await site.rollOut({ [path]: colors(kind, 'blue') });
    const now = await uids(site, 'users', Object.keys(before));
    const recreated = Object.keys(before).filter((name) => now[name] !== before[name]);
    assert.deepEqual(recreated.toSorted(), ways(kind).toSorted(), kind);
  }
});

test('D17 what is removed goes before what it uses, whatever the numbers say', async () => {
  // Moving is nothing: now the Namespace has the highest number of all that is in it.
  await site.rollOut({
    'deploy/50-order/10-ordernamespace.yml': null,
    'deploy/50-order/90-ordernamespace.yml': ALLOWED,
  });
  const since = micros(new Date().toISOString().replace('Z', '000Z'));
  const names = ['20-binding', '30-account', '40-secret', '50-role', '60-free', '90-ordernamespace'];
  await site.rollOut(Object.fromEntries(names.map((name) => [`deploy/50-order/${name}.yml`, null])));
  const expected = [
    'delete ConfigMap/order/free',
    'delete RoleBinding/order/b',
    'delete Role/order/r',
    'delete ServiceAccount/order/a',
    'delete Secret/order/s',
    'delete Namespace/order',
  ];
  assert.deepEqual(stepsOf(await newest(site)), expected);
  const deletes = (await runnerWrites(world, since)).filter(({ verb }) => verb === 'delete');
  assert.deepEqual(
    deletes.map(({ resource, name }) => `${resource}/${name}`),
    ['configmaps/free', 'rolebindings/b', 'roles/r', 'serviceaccounts/a', 'secrets/s', 'namespaces/order'],
  );
});

test('O14 ordo lint on the folder: what it predicts happens, and what it suggests mends it', async () => {
  const wrong = {
    'deploy/30-late/10-lateconfigmap.yml': configMap('c', 'late', { a: '1' }),
    'deploy/31-later/20-latenamespace.yml': namespace('late'),
  };
  const found = await lint(wrong);
  assert.equal(found.code, 1);
  const [, from = '', to = ''] =
    /^error {4}deploy\/30-late\/10-lateconfigmap\.yml:1 {2}ConfigMap\/late\/c: uses Namespace\/late .*until then the API server does not take it; rename (\S+) to (\S+)$/m.exec(
      found.stdout,
    ) ?? [];
  assert.equal(from, 'deploy/31-later/20-latenamespace.yml', found.stdout);

  const { steps } = await site.ended(await site.commit(wrong));
  const failed = steps.filter(({ state }) => state === 'failed');
  assert.deepEqual(
    failed.map(({ object }) => object),
    ['ConfigMap/late/c'],
  );
  assert.match(failed[0]?.reason ?? '', /namespaces "late" not found/);

  const mended = {
    'deploy/30-late/10-lateconfigmap.yml': wrong['deploy/30-late/10-lateconfigmap.yml'],
    [to]: namespace('late'),
  };
  assert.deepEqual(await lint(mended), { code: 0, stdout: 'deploy: nothing to find\n' });
  const commit = await site.commit({ [from]: null, ...mended });
  await ordo(site, 'retry');
  await site.deployed(commit);
});

test('O14 ordo lint is in the image, where it needs neither settings nor a cluster', async () => {
  const { code, stdout } = await ordo(site, 'lint', '/opt/ordo');
  assert.match(stdout, /^error {4}\/opt\/ordo {2}holds no manifest/m);
  assert.equal(code, 1);
});

test('O14 the kinds that lint knows are those that the cluster serves', async () => {
  const served = await site.kubectl('api-resources', '--no-headers', '--verbs=create,list');
  const rows = served
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const names = rows.map((row) => {
    const [version = '', namespaced = '', kind = ''] = row.slice(-3);
    const group = version.includes('/') ? (version.split('/')[0] ?? '') : '';
    return `${group}/${kind} ${row[0] ?? ''} ${namespaced}`;
  });
  const known = KUBERNETES_KINDS.map(
    ({ group, kind, plural, namespaced }) => `${group}/${kind} ${plural} ${namespaced}`,
  );
  assert.deepEqual(
    names.filter((name) => !known.includes(name)),
    [],
  );
});

test('O14 ordo plan notes what is missing, and stops nothing for it', async () => {
  const path = 'deploy/20-users/70-alonedeployment.yml';
  await site.rollOut({
    [path]: user0(world, 'alone', { container: 'envFrom: [{ configMapRef: { name: handmade } }]' }),
  });
  const note =
    /warning: deploy\/20-users\/70-alonedeployment\.yml:1: Deployment\/users\/alone: uses ConfigMap\/users\/handmade .*not in this folder/;
  await planSays(site, note);
});

test('O14 ordo why: an object that is applied, and one that uses it', async () => {
  const { code, stdout } = await ordo(site, 'why', 'deploy/configmap-vol');
  assert.equal(code, 0, stdout);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines[0], 'Deployment/users/configmap-volume');
  const [, sha = ''] = /commit ([0-9a-f]{10})$/.exec(lines[1] ?? '') ?? [];
  assert.equal(
    lines[1],
    `  from      deploy/20-users/50-configmap-volumedeployment.yml, document 1, group 20; commit ${sha}`,
  );
  assert.ok((await site.sha()).startsWith(sha), stdout);
  assert.match(stdout, /^ {2}last {6}rollout \d+, .*: recreate, done: 0 replicas$/m);
  assert.match(stdout, /^ {2}cluster {3}as recorded: applied by rollout \d+, from deploy\/20-users\/50-/m);
  assert.match(stdout, /^ {2}next {6}nothing: it is as Git wants it$/m);
  assert.match(
    stdout,
    /^ {2}uses {6}ConfigMap\/users\/colors {2}spec\.template\.spec\.volumes\[0\]\.configMap\.name \(configuration\)$/m,
  );

  const machine = await ordo(site, 'why', '--json', 'cm/users/colors');
  const said = JSON.parse(machine.stdout) as { object: string; usedBy: { object: string; sort: string }[] };
  assert.equal(said.object, 'ConfigMap/users/colors');
  assert.deepEqual(
    said.usedBy.map(({ object, sort }) => `${object} ${sort}`).toSorted(),
    Object.keys(WAYS)
      .map((way) => `Deployment/users/configmap-${way} configuration`)
      .toSorted(),
  );
});

test('O14 ordo why: objects that are held, removed, made by others, missing, and unknown', async () => {
  await site.rollOut({ 'deploy/30-late/10-lateconfigmap.yml': null, 'deploy/30-late/9-latenamespace.yml': null });
  const held = await ordo(site, 'why', 'ns/late');
  assert.match(held.stdout, /^ {2}from .*not in the repository any more/m);
  assert.match(held.stdout, /^ {2}next {6}hold: a Namespace is never deleted by a missing file alone/m);
  assert.equal(held.code, 0);

  const removed = await ordo(site, 'why', 'cm/late/c');
  assert.match(removed.stdout, /^ConfigMap\/late\/c {2}not Ordo’s/);
  assert.match(removed.stdout, /^ {2}last {6}rollout \d+, .*: delete, done$/m);
  assert.equal(removed.code, 1);

  const foreign = await ordo(site, 'why', 'svc/default/kubernetes');
  assert.match(foreign.stdout, /^Service\/default\/kubernetes is in the cluster and was not made by Ordo/);
  assert.equal(foreign.code, 1);

  const missing = await ordo(site, 'why', 'cm/handmade');
  assert.match(missing.stdout, /^ {2}used by {3}Deployment\/users\/alone {2}/m);
  assert.equal(missing.code, 1);

  const unknown = await ordo(site, 'why', 'deployment/configmap-volmue');
  assert.match(
    unknown.stdout,
    /^neither Ordo nor the cluster knows "deployment\/configmap-volmue"; near it: Deployment\/users\/configmap-volume/,
  );
  assert.equal(unknown.code, 1);
  assert.equal((await ordo(site, 'why', 'configmap-volume')).code, 2);
});

/** `ordo lint` in a checkout with these files. */
async function lint(files: Record<string, string>): Promise<{ code: number; stdout: string }> {
  const checkout = await mkdtemp(join(tmpdir(), 'checkout-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(checkout, path)), { recursive: true });
    await writeFile(join(checkout, path), text);
  }
  const ended = await new Promise<{ code: number; stdout: string }>((resolve) => {
    execFile(process.execPath, [MAIN, 'lint'], { cwd: checkout, env: {} }, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout });
    });
  });
  await rm(checkout, { recursive: true, force: true });
  return ended;
}
