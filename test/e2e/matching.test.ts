import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newest, stepsOf, type Live } from './footprints.ts';
import { configMap, cronJob, daemonSet, deployment, job, namespace, pushApp, service, statefulSet } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { imageOf, pinned, readWorkload, recordedImages, rolledOut } from './workloads.ts';
import { openWorld, type World } from './world.ts';

/** With a dash in it: whoever cuts names at dashes finds none of these packages. */
const PREFIX = 'my-shop';

/** Some are the beginning, the middle or the end of others, or of the prefix; some differ in `-`, `_` and `.` alone. */
const APPS = ['my', 'my-app', 'my_app', 'my.app', 'my__app', 'myapp', 'app', 'my-app-app', 'my-shop', 'my-shop-my'];
const workloadOf = (app: string): string => `Deployment/names/n${APPS.indexOf(app)}`;

const INFLUX = ['Deployment/metrics/one', 'CronJob/metrics/two', 'StatefulSet/more/three'];
const INFLUXDB = ['Deployment/metrics/db', 'StatefulSet/more/db'];
const NOT_OURS = ['Service/metrics/influx', 'Deployment/metrics/fixed'];

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await Promise.all(['influx', 'influxdb', 'same', ...APPS].map((app) => push(app, '1')));
  site = await installSite({
    world,
    name: 'matching',
    settings: { 'custom-container-prefix': PREFIX },
    files: { ...influx(), ...names(), ...odd('1') },
  });
});
after(() => world?.close());

const push = (app: string, version: string): Promise<string> => pushApp(world, `${PREFIX}-${app}`, version);
const image = (app: string, digest: string): string => pinned(`${PREFIX}-${app}`, digest);

/** A Service of the label comes first; then workloads of three kinds in two groups, with a neighbour's between them. */
function influx(): Record<string, string> {
  const own = { namespace: 'metrics', app: 'influx', replicas: 0 };
  const more = { ...own, namespace: 'more' };
  const labelled = service('influx', 'metrics', 8086).replace('metadata:', 'metadata:\n  labels: { app: influx }');
  const fixed = { ...own, name: 'fixed', image: `ghcr.io/acme/${PREFIX}-influx:main` };
  return {
    'deploy/2-influx/10-metricsnamespace.yml': namespace('metrics'),
    'deploy/2-influx/11-morenamespace.yml': namespace('more'),
    'deploy/2-influx/20-influxservice.yml': labelled,
    'deploy/2-influx/30-dbdeployment.yml': deployment(world, { ...own, name: 'db', app: 'influxdb' }),
    'deploy/2-influx/40-onedeployment.yml': deployment(world, { ...own, name: 'one' }),
    'deploy/2-influx/50-fixeddeployment.yml': deployment(world, fixed),
    'deploy/2-influx/60-twocronjob.yml': cronJob(world, { ...own, name: 'two' }),
    'deploy/30-more/10-threestatefulset.yml': statefulSet(world, { ...more, name: 'three' }),
    'deploy/30-more/20-dbstatefulset.yml': statefulSet(world, { ...more, name: 'db', app: 'influxdb' }),
  };
}

function names(): Record<string, string> {
  const files = APPS.map((app, index) => [
    `deploy/40-names/${20 + index}-n${index}deployment.yml`,
    deployment(world, { name: `n${index}`, namespace: 'names', app, replicas: 0 }),
  ]);
  return { 'deploy/40-names/10-namesnamespace.yml': namespace('names'), ...Object.fromEntries(files) };
}

/** Objects of one name, the first three in files that are called after another one's kind. */
function odd(version: string): Record<string, string> {
  const same = { name: 'same', namespace: 'odd', container: `env: [{ name: VERSION, value: "${version}" }]` };
  return {
    'deploy/50-odd/10-oddnamespace.yml': namespace('odd'),
    'deploy/50-odd/20-samejob.yml': cronJob(world, same),
    'deploy/50-odd/30-samedeployment.yml': statefulSet(world, { ...same, replicas: 0 }),
    'deploy/50-odd/40-samedaemonset.yml': configMap('same', 'odd', { version }),
    'deploy/50-odd/50-this.yml': deployment(world, { ...same, replicas: 0 }),
    'deploy/50-odd/60-that.yml': daemonSet(world, { ...same, pod: 'nodeSelector: { none: here }' }),
    'deploy/50-odd/70-other.yml': job(world, { ...same, container: "command: ['/bin/true']" }),
  };
}

/** uids by `Kind/namespace/name`; undefined where there is no such object. */
async function uidsOf(objects: readonly string[]): Promise<Record<string, string | undefined>> {
  const found = objects.map(async (object) => {
    const [kind = '', where = '', name = ''] = object.split('/');
    return [object, (await site.get<Live>(kind, name, where))?.metadata.uid] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

async function imagesOf(objects: readonly string[]): Promise<(string | undefined)[]> {
  const found = objects.map(async (object) => {
    const [kind = '', where = '', name = ''] = object.split('/');
    return imageOf(await readWorkload(site, kind, name, where));
  });
  return Promise.all(found);
}

/** What all of `containerlist-APP` say. */
async function recordedImagesOfAll(): Promise<(string | undefined)[]> {
  const list = await site.kubectl('-n', NAMESPACE, 'get', 'configmaps', '-o', 'json');
  const { items } = JSON.parse(list) as { items: Live[] };
  return items.filter(({ metadata }) => metadata.name.startsWith('containerlist-')).map(({ data }) => data?.['image']);
}

test('#21 D26 a new image of influx reaches all its workloads, and neither those of influxdb nor a Service of its label', async () => {
  const all = [...INFLUX, ...INFLUXDB, ...NOT_OURS];
  const before = await site.get<Live>('service', 'influx', 'metrics');
  for (const [app, followers] of Object.entries({ influx: INFLUX, influxdb: INFLUXDB })) {
    const then = await uidsOf(all);
    let digest = '';
    const rollout = await rolledOut(site, followers[0] ?? '', async () => {
      digest = await push(app, '2');
    });
    assert.equal(rollout.state, 'done');
    assert.deepEqual(
      stepsOf(rollout),
      followers.map((object) => `recreate ${object}`),
    );
    assert.deepEqual(new Set(await imagesOf(followers)), new Set([image(app, digest)]));
    assert.deepEqual(await recordedImages(site, app), { image: image(app, digest) });
    const now = await uidsOf(all);
    assert.deepEqual(
      all.filter((object) => now[object] !== then[object]),
      followers,
    );
  }
  const service = await site.get<Live>('service', 'influx', 'metrics');
  assert.equal(service?.metadata.resourceVersion, before?.metadata.resourceVersion);
  assert.deepEqual(await imagesOf(['Deployment/metrics/fixed']), [`ghcr.io/acme/${PREFIX}-influx:main`]);
});

test('#22 D26 D27 my-app is not my: names with -, _ and . are taken as they are, each for its own package', async () => {
  const digests = await Promise.all(APPS.map((app) => push(app, `2 of ${app}`)));
  assert.equal(new Set(digests).size, APPS.length);
  const wanted = APPS.map((app, index) => image(app, digests[index] ?? ''));
  const isRecorded = async (): Promise<boolean> => {
    const recorded = await recordedImagesOfAll();
    return wanted.every((one) => recorded.filter((other) => other === one).length === 1);
  };
  const explain = async (): Promise<string> => (await recordedImagesOfAll()).join('\n');
  await until('each new image to be recorded once', isRecorded, { explain });
  assert.deepEqual(await imagesOf(APPS.map(workloadOf)), wanted);

  for (const app of ['my', 'my-app', 'my_app', 'my-shop']) {
    const rollout = await rolledOut(site, workloadOf(app), () => push(app, '3'));
    assert.deepEqual(stepsOf(rollout), [`recreate ${workloadOf(app)}`]);
  }
});

test('#12 the kind is the object’s own, whatever its file is called: the right one is recreated, changed and removed', async () => {
  const misnamed = ['CronJob/odd/same', 'StatefulSet/odd/same', 'ConfigMap/odd/same'];
  const others = ['Job/odd/same', 'Deployment/odd/same', 'DaemonSet/odd/same'];
  const before = await uidsOf([...misnamed, ...others]);
  const changed = Object.entries(odd('2')).filter(([path]) => /[234]0-same/.test(path));
  await site.rollOut(Object.fromEntries(changed));
  const [cron, set, map] = misnamed;
  assert.deepEqual(stepsOf(await newest(site)), [`recreate ${cron}`, `recreate ${set}`, `apply ${map}`]);
  const after = await uidsOf([...misnamed, ...others]);
  assert.deepEqual(
    Object.keys(after).filter((object) => after[object] !== before[object]),
    [cron, set],
  );

  await site.rollOut(Object.fromEntries(changed.map(([path]) => [path, null])));
  assert.deepEqual(stepsOf(await newest(site)), [`delete ${cron}`, `delete ${set}`, `delete ${map}`]);
  const gone = Object.fromEntries(misnamed.map((object) => [object, undefined]));
  assert.deepEqual(await uidsOf([...misnamed, ...others]), { ...before, ...gone });
});
