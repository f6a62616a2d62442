import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { applied, byHand, config, driftFiles, fromGit, patch, settled, workload } from './drift-shop.ts';
import { openGap, type Gap } from './gap.ts';
import { mark, newest, ordosWrites, passes, planSays, planText, readsSince, stepsOf, valueOf } from './footprints.ts';
import { ordo, ordoSays, portSays } from './ordo.ts';
import { configMap, deployment, pushApp } from './samples.ts';
import { changeSettings } from './settings.ts';
import { installSite, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

// What people want of changes by hand: put back, only said, not looked at, left for a time.

const TOKEN = 'ghp_one-for-everything-0123456789';

let world: World;
let site: Site;
let gap: Gap | undefined;
before(async () => {
  world = await openWorld();
  world.github.addToken(TOKEN);
  world.registry.addToken(TOKEN, { pull: 'all' });
  await pushApp(world, 'web', '1');
  const files = { ...driftFiles(world), ...late() };
  site = await installSite({ world, name: 'drift-policies', files, settings: { token: TOKEN } });
});
after(async () => {
  await gap?.close();
  await world?.close();
});

/** A Deployment that is ready when the test says so. */
const late = (annotations: Record<string, string> = {}): Record<string, string> => {
  const own = { name: 'late', app: 'web', namespace: 'shop', probe: 'late' };
  return { 'deploy/4-late/170-latedeployment.yml': deployment(world, { ...own, annotations }) };
};

test('J04 ordo.dev/drift: report only says it, off does not look', async () => {
  const { rollout } = await newest(site);
  for (const name of ['reported', 'ignored']) await site.kubectl(...patch(config(name), byHand));
  await planSays(
    site,
    /hold +ConfigMap\/shop\/reported .*data\.value was changed by kubectl-patch; drift is only reported/,
  );
  await passes(site, 2);
  assert.doesNotMatch(await planText(site), /ignored/);
  assert.deepEqual(
    [await valueOf(site, 'shop', 'reported'), await valueOf(site, 'shop', 'ignored')],
    ['by hand', 'by hand'],
  );
  assert.equal((await newest(site)).rollout, rollout);
  for (const name of ['reported', 'ignored']) await site.kubectl(...patch(config(name), fromGit));
});

test('J04 drift: report only says what is changed anywhere, off does not look, and without the setting it is put back', async () => {
  const { rollout } = await newest(site);
  await changeSettings(site, { drift: 'report' });
  // A pass that reads them.
  await passes(site, 1);
  await site.kubectl(...patch(config('patched'), byHand));
  await site.kubectl('delete', ...config('removed'));
  await planSays(
    site,
    /hold +ConfigMap\/shop\/patched .*data\.value was changed by kubectl-patch; drift is only reported/,
  );
  await planSays(site, /hold +ConfigMap\/shop\/removed .*not in the cluster any more; drift is only reported/);
  await changeSettings(site, { drift: 'off' });
  await until('Ordo not to look', async () => !/patched|removed/.test(await planText(site)));
  await passes(site, 2);
  assert.deepEqual(
    [await valueOf(site, 'shop', 'patched'), await valueOf(site, 'shop', 'removed')],
    ['by hand', undefined],
  );
  assert.equal((await newest(site)).rollout, rollout);
  await changeSettings(site, { drift: null });
  await isBack('patched');
  await isBack('removed');
  await settled(site);
});

test('J04 a repair that is not ready in time is tried again after a pause, and nothing is put into quarantine', async () => {
  await site.rollOut(late({ 'ordo.dev/timeout': '5s' }));
  const { rollout } = await newest(site);
  world.probes.set('late', false);
  await site.kubectl('scale', '--replicas=0', ...workload('late'));
  await planSays(
    site,
    /Deployment\/shop\/late: not ready after 5 s: .*; it is tried again in \d+ s or when something changes/,
  );
  const { quarantine = [], rollback } = await site.inventory();
  assert.deepEqual([quarantine, rollback], [[], undefined]);
  world.probes.set('late', true);
  await settled(site);
  const tries = (await site.history()).filter((one) => one.rollout > rollout);
  assert.deepEqual(new Set(tries.flatMap(stepsOf)), new Set(['apply Deployment/shop/late']));
  assert.deepEqual([...new Set(tries.map(({ state }) => state))], ['done', 'failed']);
});

test('J04 a fight with another manager ends after three repairs, says with whom, and ordo retry takes it up again', async () => {
  let stop = false;
  let values = 0;
  const fighter = (async () => {
    while (!stop) {
      if ((await valueOf(site, 'shop', 'fought')) === 'from git') {
        await applied(world, 'operator', 'fought');
        values += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  })();
  try {
    const gaveUp =
      /hold +ConfigMap\/shop\/fought .*changed again by operator \(data\.value\) after three repairs within ten minutes/;
    await until('Ordo to give up', async () => gaveUp.test(await planText(site)), { explain: () => planText(site) });
    assert.equal(values, 4, 'three repairs, and the other side had the last word');
    await passes(site, 2);
    assert.equal(values, 4);
  } finally {
    stop = true;
    await fighter;
  }
  await ordoSays(site, 'retry', '--by', 'on-call');
  await until('it to be as Git says', async () => (await valueOf(site, 'shop', 'fought')) === 'from git');
  await settled(site);
});

test('J05 ordo override leaves an object as it was made by hand for a time, is seen everywhere, and ends by itself', async () => {
  const unknown = await ordo(site, 'override', 'ConfigMap/shop/nothing', '--for', '2h');
  assert.equal(unknown.code, 2);
  assert.match(
    unknown.stdout,
    /ConfigMap\/shop\/nothing is nothing that Ordo has applied, or more than one; there is:\n(.*\n)* +ConfigMap\/shop\/held/,
  );
  const given = await ordo(site, 'override', 'cm/held', '--for', '20s', '--by', 'on-call');
  assert.equal(given.code, 0, given.stderr);
  await site.kubectl(...patch(config('held'), byHand));
  const { rollout } = await newest(site);
  assert.match(await planText(site), /ConfigMap\/shop\/held is overridden by on-call until /);
  assert.match(await portSays(site, 'readyz'), /ConfigMap\/shop\/held is overridden/);
  assert.match(
    await portSays(site, 'metrics'),
    /ordo_override_until_timestamp_seconds\{object="ConfigMap\/shop\/held"\} \d+/,
  );
  const changed = await site.commit({
    'deploy/2-shop/100-heldconfigmap.yml': configMap('held', 'shop', { value: 'newer' }),
  });
  await planSays(site, /hold +ConfigMap\/shop\/held .*overridden by on-call/);
  assert.deepEqual([await valueOf(site, 'shop', 'held'), (await newest(site)).rollout], ['by hand', rollout]);
  await until('Git to count again', async () => (await valueOf(site, 'shop', 'held')) === 'newer');
  await site.deployed(changed);
  assert.doesNotMatch(await planText(site), /overridden/);
  assert.match(await site.log(), /override ended/);

  assert.equal((await ordo(site, 'override', 'ConfigMap/shop/held', '--for', '1h')).code, 0);
  await site.kubectl(...patch(config('held'), byHand));
  assert.equal((await ordo(site, 'override', 'configmap/shop/held', '--end')).code, 0);
  await until('it to be put back', async () => (await valueOf(site, 'shop', 'held')) === 'newer');
  await settled(site);
});

test('J04 idle, a pass asks the API server for so little that it is fewer than ten requests a minute, and writes nothing', async () => {
  await settled(site);
  await passes(site, 3);
  const [from, polls] = [await mark(world), 10];
  await passes(site, polls);
  const asked = (await readsSince(world, from)).map(({ verb, resource }) => `${verb} ${resource}`);
  assert.deepEqual(new Set(asked), new Set(['list configmaps', 'get secrets']));
  const perMinute = (asked.length / polls) * 3;
  assert.ok(perMinute < 10, `${perMinute} requests a minute at the default interval of 20 s`);
  assert.deepEqual(await ordosWrites(world, from), []);
});

test('J04 while all connections to the API server are cut nothing is missed', async () => {
  gap = await openGap(site);
  await settled(site);
  await gap.cut(async () => void (await site.kubectl('delete', ...config('forced'))));
  await isBack('forced');
  await settled(site);
});

test('J04 what the watch did not tell is found by the next plan, whatever brings it', async () => {
  const between = gap ?? assert.fail('nobody stands between');
  between.swallow('patched');
  // Its end brings a plan; the next one would come after an hour else.
  assert.equal((await ordo(site, 'override', 'ConfigMap/shop/held', '--for', '25s')).code, 0);
  await passes(site, 1);
  await site.kubectl('delete', ...config('patched'));
  await until('the event to be swallowed', async () => between.swallowed() > 0);
  await passes(site, 2);
  const plan = await planText(site);
  assert.equal(await valueOf(site, 'shop', 'patched'), undefined);
  assert.match(plan, /^nothing to do .*\n(.*\n)*ConfigMap\/shop\/held is overridden/);
  await isBack('patched');
});

const isBack = (name: string): Promise<unknown> =>
  until(`${name} to be back`, async () => (await valueOf(site, 'shop', name)) === 'from git', {
    explain: () => site.log(),
  });
