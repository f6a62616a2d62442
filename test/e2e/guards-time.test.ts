import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { buildImage, type Image } from '../standins/image.ts';
import { newest, passes, planSays, stepsOf, uids } from './footprints.ts';
import { ordo } from './ordo.ts';
import { freeze, thaw } from './processes.ts';
import { applyByHand, configuration, memorised, restarted, restartedAt, running } from './restart-samples.ts';
import { configMap, deployment, namespace, pushApp } from './samples.ts';
import { changeSettings } from './settings.ts';
import { ACCOUNT, installSite, type Site } from './site.ts';
import { until } from './until.ts';
import { imageOf, pinned, readWorkload } from './workloads.ts';
import { openWorld, type World } from './world.ts';

const IN = 'timely';
const FOLDER = `deploy/20-${IN}`;
const WEB = `${FOLDER}/20-webdeployment.yml`;

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', '1');
  site = await installSite({
    world,
    name: 'timely',
    files: {
      [`${FOLDER}/10-timelynamespace.yml`]: namespace(IN),
      [WEB]: web('first'),
    },
  });
});
after(() => world?.close());

test('O10 ordo retry: what failed and is in quarantine is tried again at once, and the history says who wanted it', async () => {
  const path = `${FOLDER}/30-baddeployment.yml`;
  const image = `ghcr.io/${ACCOUNT}/web:never-pushed`;
  const bad = await site.commit({ [path]: deployment(world, { name: 'bad', namespace: IN, image }) });
  const first = await site.ended(bad);
  assert.equal(first.state, 'failed');
  const isBack = ({ rollbackOf, state }: HistoryEntry): boolean => rollbackOf === first.rollout && state === 'done';
  const back = await until('it to be put back', async () => (await site.history()).find(isBack));
  const { code, stdout } = await ordo(site, 'retry', '--by', 'on-call');
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`^tried again now: what failed up to rollout ${back.rollout}`));
  const second = await until('another rollout to begin', async () =>
    (await site.history()).find(({ rollout }) => rollout > back.rollout),
  );
  assert.deepEqual([second.commit, second.by], [bad, 'on-call']);
  await until('it to end', async () => (await newest(site)).state !== 'running');
  await site.rollOut({ [path]: null });
  assert.equal((await newest(site)).by, undefined, 'nobody asked for this one');
});

test('O10 outside of the update window nothing that runs is stopped or restarted; urgent commits pass, and so does everything when it opens', async () => {
  const settings = (color: string) => configuration('settings', { color });
  const wish = { 'ordo.dev/restart-on': 'configmap/settings' };
  await applyByHand(site, IN, settings('red'), running('by-hand', { annotations: wish }));
  await until('it to be remembered', async () => (await memorised(site)).length === 1);
  // It opens in one and a half to two and a half minutes, for an hour.
  const opens = new Date(Math.ceil((Date.now() + 90_000) / 60_000) * 60_000);
  const clock = (time: number): string => new Date(time).toISOString().slice(11, 16);
  await changeSettings(site, { 'update-window': `${clock(opens.getTime())}-${clock(opens.getTime() + 3_600_000)}` });
  const before = await webUid();
  await pushApp(world, 'web', '2');
  const words = `outside of the update window, which opens \\w+ ${opens.toISOString().slice(0, 10)} ${clock(opens.getTime())}`;
  await planSays(site, new RegExp(`hold +Deployment/${IN}/web .*new digest of .*${words}`));
  await applyByHand(site, IN, settings('blue'));
  await planSays(site, new RegExp(`^restart Deployment/${IN}/by-hand: ConfigMap/settings changed; ${words}`, 'm'));

  await site.rollOut({
    [`${FOLDER}/15-beside.yml`]: configMap('beside', IN, {}),
    [`${FOLDER}/40-newdeployment.yml`]: deployment(world, { name: 'new', namespace: IN, app: 'web' }),
    [WEB]: web('second'),
  });
  assert.deepEqual(stepsOf(await newest(site)), [`apply ConfigMap/${IN}/beside`, `apply Deployment/${IN}/new`]);
  assert.equal(await webUid(), before);
  await site.rollOut({ [WEB]: web('third') }, 'Now\n\nOrdo-Urgent: true');
  const urgent = await webUid();
  assert.notEqual(urgent, before, 'an urgent commit waited');

  const fourth = await site.rollOut({ [WEB]: web('fourth') });
  assert.equal(await webUid(), urgent);
  assert.equal(await restartedAt(site, IN, 'deployment/by-hand'), undefined);
  assert.ok(Date.now() < opens.getTime(), 'the window was open too early for this test');
  const left = opens.getTime() - Date.now();
  assert.deepEqual(stepsOf(await site.ended(fourth, left / 1000 + 60)), [`recreate Deployment/${IN}/web`]);
  assert.ok(Date.now() >= opens.getTime());
  const restart = await restarted(site, `Deployment/${IN}/by-hand`);
  assert.deepEqual([restart.state, restart.begin >= opens.toISOString()], ['done', true], restart.begin);
  await changeSettings(site, { 'update-window': null });
});

test('O10 a node under disk pressure holds recreates until it is over', async () => {
  const { rollout } = await newest(site);
  let pressed = '';
  await whileNodeIs({ type: 'DiskPressure', status: 'True' }, async () => {
    pressed = await site.rollOut({ [WEB]: web('fifth') });
    assert.equal((await newest(site)).rollout, rollout, 'a rollout began');
  });
  assert.deepEqual(stepsOf(await site.ended(pressed)), [`recreate Deployment/${IN}/web`]);
});

test('O10 an image that is larger than the free disk holds the recreate, and says how much it takes', async () => {
  const before = await webUid();
  const image = await buildImage({ name: `${ACCOUNT}/web:main`, version: 'large', entrypoint: ['/bin/sh'] });
  await world.registry.push(claimingToBe(2 ** 50, image));
  await planSays(
    site,
    /hold +Deployment\/timely\/web .*the new ghcr.io\/acme\/web:main takes about 3221225\d{3} MiB on the disk/,
  );
  await passes(site, 1);
  assert.equal(await webUid(), before);
  const digest = await pushApp(world, 'web', '3');
  await until('the image that fits to run', async () => {
    const now = await readWorkload(site, 'deployment', 'web', IN).catch(() => undefined);
    return now !== undefined && imageOf(now) === pinned('web', digest);
  });
});

test('O02 a deletion that takes long: who keeps it is said, a pod with its time to end, a node that is not ready; then it goes on', async () => {
  const path = `${FOLDER}/50-stubborndeployment.yml`;
  const stubborn = { name: 'stubborn', namespace: IN, app: 'web' };
  const deaf = `command: ['/bin/sh', '-c', 'trap "" TERM; while :; do sleep 1; done']`;
  const text = deployment(world, { ...stubborn, container: deaf });
  await site.rollOut({ [path]: text.replace('terminationGracePeriodSeconds: 1', '$&0000') });
  const commit = await site.commit({ [path]: deployment(world, stubborn) });
  const blocked = `^waiting for Deployment/${IN}/stubborn: deleting, blocked by pod stubborn-\\S+`;
  try {
    await planSays(site, new RegExp(`${blocked}, which has until \\S+ to end$`, 'm'));
    await whileNodeIs({ type: 'Ready', status: 'False' }, () =>
      planSays(site, new RegExp(`${blocked}: node \\S+ is not ready$`, 'm')),
    );
    await site.kubectl('wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=120s');
  } finally {
    await site.kubectl('-n', IN, 'delete', 'pods', '-l', 'instance=stubborn', '--grace-period=0', '--force');
  }
  assert.deepEqual(stepsOf(await site.ended(commit)), [`recreate Deployment/${IN}/stubborn`]);
  assert.equal(await site.sha(), commit);
});

// What they change ----------------------------------------------------------------------------------------------------

const web = (version: string): string =>
  deployment(world, { name: 'web', namespace: IN, container: `env: [{ name: VERSION, value: ${version} }]` });

/** The kubelet writes the truth every ten seconds: only while it stands still somebody else's word lasts. */
async function whileNodeIs(condition: { type: string; status: string }, work: () => Promise<void>): Promise<void> {
  const kubelet = await freeze('/kubelet --config');
  try {
    const name = (await site.kubectl('get', 'nodes', '-o', 'name')).trim();
    const conditions = [{ ...condition, reason: 'Test', lastHeartbeatTime: new Date().toISOString() }];
    const patch = JSON.stringify({ status: { conditions } });
    await site.kubectl('patch', name, '--subresource=status', '--type=strategic', '--patch', patch);
    await work();
  } finally {
    thaw(kubelet);
  }
}

/** The same image, and an index and manifests in which each layer has so many bytes. */
function claimingToBe(size: number, image: Image): Image {
  const changed = (bytes: Buffer, change: (content: Content) => void) => {
    const content = JSON.parse(bytes.toString()) as Content;
    change(content);
    const text = Buffer.from(JSON.stringify(content));
    return { bytes: text, digest: `sha256:${createHash('sha256').update(text).digest('hex')}` };
  };
  const manifests = image.manifests.map((manifest) => ({
    ...manifest,
    ...changed(manifest.bytes, ({ layers = [] }) => Object.assign(layers[0] ?? {}, { size })),
  }));
  const index = changed(image.index.bytes, (content) => {
    for (const [at, child] of (content.manifests ?? []).entries()) {
      Object.assign(child, { digest: manifests[at]?.digest, size: manifests[at]?.bytes.length });
    }
  });
  return { ...image, manifests, index: { ...image.index, ...index } };
}

interface Content {
  layers?: object[];
  manifests?: object[];
}

// What they look at ---------------------------------------------------------------------------------------------------

const webUid = async (): Promise<string> => (await uids(site, IN, ['deployment/web']))['deployment/web'] ?? '';
