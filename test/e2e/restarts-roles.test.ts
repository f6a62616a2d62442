import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { layAmbush } from './ambush.ts';
import { mark, writesSince } from './footprints.ts';
import { find, kill } from './processes.ts';
import {
  applyByHand,
  configuration,
  generations,
  memorised,
  ON_TRIGGER,
  raised,
  restartedAt,
  running,
  TRIGGER,
} from './restart-samples.ts';
import { pushApp } from './samples.ts';
import { ACCOUNT, DEPLOY, siteOf, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';
import { startWriteHook } from './write-hook.ts';

const OWN = 'restarts';
const LABELS = { app: 'web', env: 'test' };
const objects = (value: string) => [
  configuration('settings', { value }, { labels: LABELS, annotations: TRIGGER }),
  configuration('token', { value }, {}, 'Secret'),
];
const users = [
  running('web', { labels: LABELS, annotations: ON_TRIGGER }),
  running('set', { kind: 'StatefulSet', annotations: { 'ordo.dev/restart-on': 'secret/token' } }),
];
const names = ['deployment/web', 'statefulset/set'];

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'app', '1');
  site = siteOf(world, await world.github.createRepository(ACCOUNT, 'roles'));
  for (const name of ['shop', 'locked', 'other']) await site.kubectl('create', 'namespace', name);
  // The examples as they are, but for the account and one namespace more, in which nobody gave any right.
  const files = ['10-restarts.yml', '20-shop.yml'].map((name) =>
    readFile(`${DEPLOY}examples/restarts/${name}`, 'utf8'),
  );
  const text = (await Promise.all(files)).join('\n---\n').replace('ghcr.io/ACCOUNT/', `ghcr.io/${ACCOUNT}/`);
  const { code, stderr } = await world.cluster.kubectl(
    ['apply', '-f', '-'],
    text.replace('value: shop', 'value: shop,locked'),
  );
  assert.equal(code, 0, stderr);
  await own('rollout status deployment/ordo --timeout=60s');
});
after(() => world?.close());

test('R12 with Roles alone, and no right in the cluster as a whole, changed configuration restarts its users', async () => {
  for (const account of ['ordo', 'ordo-runner']) {
    const args = ['auth', 'can-i', 'list', 'configmaps', '-A', '--as', `system:serviceaccount:${OWN}:${account}`];
    assert.equal((await world.cluster.kubectl(args)).stdout.trim(), 'no');
  }
  for (const where of ['shop', 'locked', 'other']) await applyByHand(site, where, ...objects('1'), ...users);
  await until('them to be remembered', async () => (await memorised(site, OWN)).length === 2, { explain: log });
  const first = await generations(site, 'shop', names);
  const from = await mark(world);
  // What it knows stands in the cluster, not in the pod.
  await own('scale deployment/ordo --replicas=0');
  await own('wait --for=delete pod -l app=ordo --timeout=60s');
  for (const where of ['shop', 'locked', 'other']) await applyByHand(site, where, ...objects('2'));
  await own('scale deployment/ordo --replicas=1');
  const both = async (): Promise<boolean> =>
    (await Promise.all(names.map((name) => restartedAt(site, 'shop', name)))).every(Boolean);
  await until('both to be restarted', both, { explain: log });
  assert.deepEqual(await generations(site, 'shop', names), raised(first, ...names));
  const runner = `system:serviceaccount:${OWN}:ordo-runner`;
  const patched = (await writesSince(world, from)).filter(
    ({ user, namespace }) => user === runner && namespace !== OWN,
  );
  assert.deepEqual(
    patched
      .map(({ verb, namespace, resource, name, code }) => `${verb} ${namespace}/${resource}/${name} ${code}`)
      .sort(),
    ['patch shop/deployments/web 200', 'patch shop/statefulsets/set 200'],
  );
  await until('the rollout to be recorded', async () => /^rollout 1 +done +restarts/m.test(await said('history')), {
    explain: log,
  });
  assert.match(await said('plan'), /restarts: secrets in locked cannot be watched for restarts: .*forbidden/);
});

test('O05 R13 runner and controller are killed in the middle of a rollout of restarts: each pod template is changed once', async () => {
  const hook = await startWriteHook(world, ['deployments', 'statefulsets']);
  const first = await generations(site, 'shop', names);
  const isWritten = async (): Promise<void> => {
    const isSame = async (): Promise<boolean> =>
      JSON.stringify(await generations(site, 'shop', names)) === JSON.stringify(first);
    await until('one of them to be restarted', async () => !(await isSame()));
    await kill(await find('node /opt/ordo/ordo.cjs restarts'));
  };
  try {
    const killed = layAmbush(hook).killRunnerAt(() => true, isWritten);
    await applyByHand(site, 'shop', ...objects('3'));
    await killed;
  } finally {
    await hook.stop();
  }
  await until('the rollout to be recorded', async () => /^rollout 2 +done +restarts/m.test(await said('history')), {
    explain: log,
  });
  const once = raised(first, ...names);
  // What is seen to change a moment later has a rollout of its own.
  const isOnce = async (): Promise<boolean> => isDeepStrictEqual(await generations(site, 'shop', names), once);
  await until('each to be restarted once', isOnce, { explain: log });
  assert.doesNotMatch(await said('plan'), /^restart /m);
  assert.deepEqual(await generations(site, 'shop', names), once);
});

/** kubectl in its namespace, with words that hold no space. */
const own = (words: string): Promise<string> => site.kubectl('-n', OWN, ...words.split(' '));
const log = (): Promise<string> => own('logs deploy/ordo --tail=40');

/** What a command says in its pod. */
async function said(command: string): Promise<string> {
  return (await world.cluster.kubectl(['-n', OWN, 'exec', 'deploy/ordo', '--', 'ordo', command])).stdout;
}
