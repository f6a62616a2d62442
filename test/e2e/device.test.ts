import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cutPower, powerOn } from '../cluster/power.ts';
import { connectWorld } from '../cluster/connect.ts';
import { command } from '../cluster/command.ts';
import { planText, type Live } from './footprints.ts';
import { APPS, deviceLayout, PREFIX, WHERE } from './layout.ts';
import { configMap, pushApp } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { statesOf } from './workloads.ts';
import { openWorld, type World } from './world.ts';

const TOKEN = 'device-token';

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  for (const app of APPS) await pushApp(world, `${PREFIX}-${app}`, '1');
  world.github.addToken(TOKEN);
  world.registry.addToken(TOKEN, { pull: 'all' });
  site = await installSite({
    world,
    name: 'device',
    files: deviceLayout(world),
    settings: { 'custom-container-prefix': PREFIX, token: TOKEN },
  });
});
after(() => world?.close());

test('D02 D19 D22 a device as DORIS had it comes up from nothing: tokens are made before who reads them', async () => {
  const [entry] = await site.history();
  assert.ok(entry);
  const states = Object.entries(statesOf(entry));
  assert.deepEqual(
    states.filter(([, state]) => state !== 'done'),
    [],
  );
  assert.ok(states.length >= Object.keys(deviceLayout(world)).length);
  // A pod that had waited for its token would say so.
  const events = await site.kubectl('-n', WHERE, 'get', 'events', '-o', 'jsonpath={.items[*].reason}');
  assert.doesNotMatch(events, /\b(Failed|BackOff)\b/);
  assert.deepEqual((await readyPods()).sort(), ['grafana', 'influxdb', 'telegraf']);
});

test('O06 the power fails and the network is away when it comes back: everything runs again, and nothing is changed', async () => {
  const { rollout } = await site.inventory();
  const uidsBefore = await uidsOf();
  const sha = await site.sha();
  await cutPower();
  await cutNetwork();
  await powerOn(await connectWorld());
  await until('every container to run again', async () => (await restarts()).every((count) => count > 0), {
    explain: () => site.kubectl('get', 'pods', '-A', '-o', 'wide'),
  });
  await until('the pods to be ready', async () => (await readyPods()).length === APPS.length);
  await site.kubectl('-n', NAMESPACE, 'rollout', 'status', 'deployment/ordo', '--timeout=60s');
  await until(
    'Ordo to say what it does not know',
    async () => /head commit|unknown|not known/.test(await planText(site)),
    {
      explain: () => planText(site),
    },
  );
  assert.deepEqual(await uidsOf(), uidsBefore);
  assert.deepEqual([(await site.inventory()).rollout, await site.sha()], [rollout, sha]);
});

test('O06 the network comes back: the next commit is deployed, and the Jobs are not run again', async () => {
  const before = await uidsOf();
  await restoreNetwork();
  await site.rollOut({ 'deploy/4-grafana/120-grafanaconfigmap.yml': configMap('grafana', WHERE, { theme: 'light' }) });
  const [entry] = await site.history();
  assert.ok(entry);
  assert.deepEqual(Object.keys(statesOf(entry)), [
    `ConfigMap/${WHERE}/grafana`,
    `Deployment/${WHERE}/grafana`,
    `CronJob/${WHERE}/backup`,
  ]);
  const now = await uidsOf();
  const changed = Object.keys(before).filter((name) => before[name] !== now[name]);
  assert.deepEqual(changed.sort(), ['CronJob/backup', 'Deployment/grafana']);
});

interface Pod extends Live {
  status: { containerStatuses?: { restartCount: number; ready: boolean; state: { running?: object } }[] };
}

async function podsOf(where: string): Promise<Pod[]> {
  const all = await site.list<Pod>('pod', where);
  return all.filter(({ metadata }) => metadata.labels?.['job-name'] === undefined);
}

/** The apps of the pods that are ready. */
const readyPods = async (): Promise<string[]> =>
  (await podsOf(WHERE))
    .filter(({ status }) => status.containerStatuses?.every(({ ready }) => ready))
    .map(({ metadata }) => metadata.labels?.['app'] ?? '');

/** How often each container was started again. */
async function restarts(): Promise<number[]> {
  const pods = [...(await podsOf(WHERE)), ...(await podsOf(NAMESPACE))];
  return pods.flatMap(({ status }) => status.containerStatuses ?? []).map(({ restartCount }) => restartCount);
}

/** Of what Ordo has made, by `Kind/name`. */
async function uidsOf(): Promise<Record<string, string>> {
  const kinds = 'deployments,statefulsets,daemonsets,jobs,cronjobs,configmaps,secrets,pvc';
  const { items } = JSON.parse(await site.kubectl('-n', WHERE, 'get', kinds, '-o', 'json')) as {
    items: (Live & { kind: string })[];
  };
  return Object.fromEntries(items.map(({ kind, metadata }) => [`${kind}/${metadata.name}`, metadata.uid]));
}

// GitHub and the registry are on the node's address here: nothing gets to their ports any more, and no answer comes.
const ports = (): string[] => [world.github.gitUrl, world.registry.url].map((url) => new URL(url).port);
const dropped = (port: string): string[] => ['INPUT', '--protocol', 'tcp', '--dport', port, '--jump', 'DROP'];

async function cutNetwork(): Promise<void> {
  for (const port of ports()) await command('iptables', ['--insert', ...dropped(port)]);
}

async function restoreNetwork(): Promise<void> {
  for (const port of ports()) await command('iptables', ['--delete', ...dropped(port)]);
}
