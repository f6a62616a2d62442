import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { layAmbush } from './ambush.ts';
import { valueOf } from './footprints.ts';
import { pushOrdo, type OwnImage } from './own-image.ts';
import { configMap, namespace } from './samples.ts';
import { installSite, NAMESPACE, ownFiles, type Site } from './site.ts';
import { until } from './until.ts';
import { rolledOut } from './workloads.ts';
import { openWorld, type World } from './world.ts';
import { startWriteHook } from './write-hook.ts';

const ORDO = `Deployment/${NAMESPACE}/ordo`;
const OWN = 'deploy/1-ordo/170-ordodeployment.yml';
const CONFIG = 'deploy/2-shop/20-webconfigmap.yml';
const SECONDS = 30;

let world: World;
let site: Site;
/** The digest that runs, of an image that works. */
let good = '';
/** What ran first, and what the bad ones are made from. */
let original = '';
/** The last rollout of what ran first. */
let last = 0;
before(async () => {
  world = await openWorld();
  const files = { 'deploy/2-shop/10-namespace.yml': namespace('shop'), ...config('1') };
  site = await installSite({ world, name: 'watchdog', files, settings: { 'ready-timeout': `${SECONDS}s` } });
  original = (await image()).split('@')[1] ?? '';
});
after(() => world?.close());

function config(value: string): Record<string, string> {
  return { [CONFIG]: configMap('web', 'shop', { value }) };
}
const ask = (...args: string[]): Promise<string> => site.kubectl('-n', NAMESPACE, 'get', ...args);
const image = (): Promise<string> =>
  ask('deployment', 'ordo', '-o', 'jsonpath={.spec.template.spec.containers[0].image}');
const podsOfOrdo = (): Promise<string> => ask('pods', '-l', 'app=ordo', '-o', 'jsonpath={.items[*].metadata.name}');
const sign = (): Promise<string> => ask('configmap', 'ordo-alive', '-o', 'jsonpath={.data.pod}');

/** Pushes an image of Ordo, and waits for the end of the rollout that brings it. */
async function bring(version: string, options: OwnImage = {}): Promise<{ digest: string; entry: HistoryEntry }> {
  let digest = '';
  const push = async (): Promise<void> => {
    digest = await pushOrdo(world, version, { from: original, ...options });
  };
  // The new one has its time, and the one before it is waited for.
  const entry = await rolledOut(site, ORDO, push, 3 * SECONDS + 30);
  return { digest, entry };
}

/** The step of Ordo's own Deployment has failed, what is put back runs, and the cluster follows Git. */
async function isPutBack(
  { rollout, state, steps }: HistoryEntry,
  reason: RegExp,
  value: string,
  fix: Record<string, string> = {},
): Promise<void> {
  assert.equal(state, 'failed');
  const step = steps.find(({ object }) => object === ORDO);
  assert.equal(step?.state, 'failed');
  assert.equal(step?.changed, 'restored');
  assert.match(step?.reason ?? '', reason);
  assert.match(step?.reason ?? '', /the Ordo before it runs again/);
  assert.equal(await image(), `ghcr.io/acme/ordo:main@${good}`);
  await until('the Ordo before it to say that it works', async () => (await sign()) === (await podsOfOrdo()));
  // Not tried again and again while the registry still says the same.
  const later = (await site.history()).filter((one) => one.rollout > rollout);
  assert.deepEqual(
    later.filter((one) => one.state === 'failed'),
    [],
  );
  assert.equal(await pushOrdo(world, 'good', { from: original }), good);
  await site.rollOut({ ...fix, ...config(value) });
  assert.equal(await valueOf(site, 'shop', 'web'), value);
  assert.equal(await image(), `ghcr.io/acme/ordo:main@${good}`);
}

test('O13 D15 a new Ordo that reaches neither GitHub nor the registry counts as good: its sign of life needs neither', async () => {
  const before = await podsOfOrdo();
  assert.equal(await sign(), before);
  const bringing = bring('good');
  try {
    await until('the rollout to begin', async () => (await site.history())[0]?.state === 'running');
    world.github.fail({ reset: true });
    world.registry.fail({ reset: true, match: ({ path }) => path.endsWith('/manifests/main') });
    const { digest, entry } = await bringing;
    good = digest;
    last = entry.rollout;
    assert.deepEqual([entry.state, entry.steps.map(({ state }) => state)], ['done', ['done']]);
    assert.equal(await sign(), await podsOfOrdo());
    assert.notEqual(await sign(), before);
  } finally {
    world.github.fail(undefined);
    world.registry.fail(undefined);
  }
});

test('#33 O13 D15 a new Ordo that crashes at its start is replaced by the one before it, and the reason says how it ended', async () => {
  const { entry } = await bring('crash', { entrypoint: ['/bin/sh', '-c', 'exit 7'] });
  await isPutBack(entry, /container ordo ended with exit code 7/, 'after the crash');
});

test('#33 O13 D32 one that is ready and never gives a sign of life is replaced too, by a runner that was killed over it', async () => {
  const program = 'require("http").createServer((_, answer) => answer.end("ok")).listen(8080)';
  const hook = await startWriteHook(world, ['secrets']);
  try {
    const ambush = layAmbush(hook);
    const killed = ambush.killRunnerAt(
      ({ name, object }) => name.startsWith('ordo-restore-') && 'ordo-verdict' in ((object['data'] ?? {}) as object),
      async () => undefined,
    );
    const { entry } = await bring('mute', { entrypoint: ['node', '-e', program] });
    assert.equal(entry.state, 'failed');
    await killed;
    await isPutBack(entry, /no sign of life from pod ordo-/, 'after the silence');
  } finally {
    await hook.stop();
  }
});

test('#33 O13 one that cannot read its settings is replaced: the reason names its exit code, and the fix is deployed', async () => {
  const text = (await ownFiles())[OWN] ?? '';
  const bad = text.replace('env:\n', 'env:\n            - name: ORDO_POLL_INTERVAL\n              value: often\n');
  assert.notEqual(bad, text);
  const entry = await site.ended(await site.commit({ [OWN]: bad, ...config('never') }));
  assert.equal(await valueOf(site, 'shop', 'web'), 'after the silence', 'later groups were not reached');
  await isPutBack(entry, /container ordo ended with exit code 2/, 'after the settings', { [OWN]: text });
});

test('D15 the last Job of the image before stays, so that its ended pod keeps the kubelet from collecting that image', async () => {
  const newest = (await site.history())[0]?.rollout ?? 0;
  assert.ok(newest > last + 3);
  const kept = [last, newest - 2, newest - 1, newest].map((rollout) => `ordo-rollout-${rollout}`);
  await until('only the last three Jobs to be left, and the last one of the image before', async () => {
    const jobs = await ask('jobs', '-o', 'jsonpath={.items[*].metadata.name}');
    return jobs.split(' ').toSorted().join(' ') === kept.toSorted().join(' ');
  });
  const job = await ask('job', `ordo-rollout-${last}`, '-o', 'jsonpath={.spec.ttlSecondsAfterFinished} {..image}');
  assert.equal(job, ` ghcr.io/acme/ordo@${original}`);
  const pods = await ask('pods', '-l', `ordo.dev/rollout=${last}`, '-o', 'jsonpath={.items[*].status.phase}');
  assert.equal(pods, 'Succeeded');
  const secrets = await ask('secrets', '-l', 'ordo.dev/rollout', '-o', 'name');
  assert.doesNotMatch(secrets, new RegExp(`ordo-restore-${last}\\b`), 'what it kept to put back is gone');
});
