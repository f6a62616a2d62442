import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { FIRST_CONSUMER } from './gate-rows.ts';
import {
  claim,
  configMap,
  daemonSet,
  deployment,
  job,
  namespace,
  pod,
  pushApp,
  pushForeign,
  replicaSet,
  statefulSet,
  untilReady,
  type WorkloadOptions,
} from './samples.ts';
import { ACCOUNT, installSite, type Site } from './site.ts';
import { until } from './until.ts';
import { isComplete, waitsFor, watch, type Is, type Watch, type Watched } from './watch.ts';
import { statesOf } from './workloads.ts';
import { openWorld, type World } from './world.ts';

const IN = 'failing';

let world: World;
let site: Site;
let eyes: Watch;
before(async () => {
  world = await openWorld();
  await Promise.all([pushApp(world, 'app', '1'), pushApp(world, 'private', '1'), pushForeign(world)]);
  world.registry.setPrivate(`${ACCOUNT}/private`, true);
  for (const probe of ['holds', 'late', 'maker']) world.probes.set(probe, false);
  eyes = await watch(world, ['jobs', 'pods']);
  site = await installSite({
    world,
    name: 'gates-failure',
    settings: { 'ready-timeout': '180s', 'max-deletes': '20' },
    files: {
      'deploy/2-failing/10-failingnamespace.yml': namespace(IN),
      'deploy/2-failing/20-storageclass.yml': FIRST_CONSUMER,
    },
  });
});
after(async () => {
  eyes?.stop();
  await world?.close();
});

const image = (name: string): string => `ghcr.io/${ACCOUNT}/${name}`;
const own = (name: string, more: Partial<WorkloadOptions> = {}): WorkloadOptions => ({
  name,
  namespace: IN,
  app: 'app',
  ...more,
});
const ends = (code: number): string => `command: ['/bin/sh', '-c', 'exit ${code}']`;
const within = (seconds: number): Partial<WorkloadOptions> => ({ annotations: { 'ordo.dev/timeout': `${seconds}s` } });

/** What fails at once, or as soon as it has failed often enough: workload, object, and what is said of it, from its first word on: else it would only have run out of time. */
const FAILING: [object: string, text: () => string, says: RegExp][] = [
  [
    'Deployment/failing/unauthorized',
    () => deployment(world, own('unauthorized', { image: image('private:main') })),
    /^pod unauthorized-\S+, container main: (ErrImagePull|ImagePullBackOff): .*401 Unauthorized/,
  ],
  [
    'StatefulSet/failing/forbidden',
    () => statefulSet(world, own('forbidden', { image: image('never-pushed:main') })),
    /^pod forbidden-0, container main: (ErrImagePull|ImagePullBackOff): .*403 Forbidden/,
  ],
  [
    'DaemonSet/failing/missing',
    () => daemonSet(world, own('missing', { image: image('app:never-pushed') })),
    /^pod missing-\S+, container main: (ErrImagePull|ImagePullBackOff): .*not found/,
  ],
  [
    'ReplicaSet/failing/foreign',
    () => replicaSet(world, own('foreign', { image: image('foreign:main') })),
    /^pod foreign-\S+, container main: (ErrImagePull|ImagePullBackOff): .*no match for platform/,
  ],
  [
    'Deployment/failing/misnamed',
    () => deployment(world, own('misnamed', { image: 'ghcr.io/ACME/App:main' })),
    /^pod \S+, container main: InvalidImageName/,
  ],
  [
    'Deployment/failing/never',
    () => deployment(world, own('never', { image: image('app:2'), container: 'imagePullPolicy: Never' })),
    /^pod \S+, container main: ErrImageNeverPull/,
  ],
  [
    'Pod/failing/ended',
    () =>
      pod(world, own('ended', { container: ends(3), probe: 'late' })).replace(
        '\nspec:',
        '\nspec:\n  restartPolicy: Never',
      ),
    /^the pod failed/,
  ],
  [
    'Deployment/failing/late',
    () => deployment(world, own('late', { probe: 'late', ...within(30) })),
    /^not ready after 30 s: 0 of 1 pods available/,
  ],
  [
    'Job/failing/failed',
    () => job(world, own('failed', { container: ends(4) })),
    /^the Job failed: BackoffLimitExceeded: .*; pod failed-\S+, container main ended with exit code 4 \(Error\)/,
  ],
];

const CRASHING = 'Deployment/failing/crashing';

/** Applied before all others: they follow when it has crashed often enough, so that nobody fails much earlier. */
const crashing = (): Record<string, string> => ({
  'deploy/20-causes/10-crashing.yml': deployment(world, own('crashing', { container: ends(7) })),
  'deploy/20-causes/15-holdsjob.yml': job(world, own('holds', { container: untilReady(world, 'holds') })),
});

const hasCrashed: Is = ({ object }) => (object.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 5;
const podOf =
  (instance: string) =>
  ({ metadata }: Watched): boolean =>
    metadata.labels?.['instance'] === instance;

const failingFiles = (): Record<string, string> =>
  Object.fromEntries(FAILING.map(([, text], index) => [`deploy/20-causes/${20 + index}-it.yml`, text()]));
const gone = (files: Record<string, string>): Record<string, null> =>
  Object.fromEntries(Object.keys(files).map((path) => [path, null]));
const stepOf = ({ steps }: HistoryEntry, object: string) => steps.find((step) => step.object === object);
const next = { 'deploy/30-next/10-nextconfigmap.yml': configMap('next', IN, {}) };

test('D22 #28 definite causes fail early, each with its reason, and nothing after their group is written', async () => {
  const commit = await site.commit({ ...crashing(), ...failingFiles(), ...next });
  const isDown = async (): Promise<boolean> => {
    const seen = eyes.of('pods', podOf('crashing'));
    if (seen.some(hasCrashed)) return true;
    // The back-off is over after a second; the kubelet sees that ten seconds later, and at once when the pod changes.
    if (seen.slice(-1).some(waitsFor('CrashLoopBackOff'))) {
      await site.kubectl(
        '-n',
        IN,
        'annotate',
        'pod',
        '-l',
        'instance=crashing',
        '--overwrite',
        `test/look=${Date.now()}`,
      );
    }
    return false;
  };
  await until('a container to have crashed five times', isDown);
  world.probes.set('holds', true);
  const entry = await site.ended(commit);
  assert.equal(entry.state, 'failed');
  const failed = Object.fromEntries(FAILING.map(([object]) => [object, 'failed']));
  assert.deepEqual(statesOf(entry), {
    ...{ [CRASHING]: 'failed', 'Job/failing/holds': 'done' },
    ...{ ...failed, 'ConfigMap/failing/next': 'not-reached' },
  });
  const restarts = /^pod \S+, container main has restarted [5-9] times, last with exit code 7 \(Error\)/;
  assert.match(stepOf(entry, CRASHING)?.reason ?? '', restarts);
  for (const [object, , says] of FAILING) assert.match(stepOf(entry, object)?.reason ?? '', says, object);
  assert.equal(await site.get('configmap', 'next', IN), undefined);
  await site.rollOut(gone({ ...crashing(), ...failingFiles() }));
  assert.ok(await site.get('configmap', 'next', IN));
});

/** Its configuration is made by a Job of the group before; two others find no node. */
function slowFiles(): Record<string, string> {
  const missing = 'env: [{ name: V, valueFrom: { configMapKeyRef: { name: missing, key: v } } }]';
  const volume = 'volumes: [{ name: v, persistentVolumeClaim: { claimName: claim } }]';
  const huge = 'resources: { requests: { memory: 100Ti } }';
  const background = { annotations: { 'ordo.dev/wait': 'none' } };
  return {
    'deploy/40-jobs/10-makerjob.yml': job(
      world,
      own('maker', { container: untilReady(world, 'maker'), ...background }),
    ),
    'deploy/50-slow/10-claim.yml': claim('claim', IN).replace('\nspec:', '\nspec:\n  storageClassName: first-consumer'),
    'deploy/50-slow/20-configureddeployment.yml': deployment(world, own('configured', { container: missing })),
    'deploy/50-slow/30-hugedeployment.yml': deployment(world, own('huge', { container: huge })),
    'deploy/50-slow/40-volumedeployment.yml': deployment(world, own('volume', { pod: volume, ...within(65) })),
    'deploy/60-after/10-afterconfigmap.yml': configMap('after', IN, {}),
  };
}

test('D22 a missing ConfigMap fails 30 s after the last Job, no node after 60 s; a claim without a volume never early', async () => {
  const commit = await site.commit(slowFiles());
  const isConfigured = async (): Promise<boolean> =>
    eyes.of('pods', podOf('configured')).some(waitsFor('CreateContainerConfigError'));
  await until('the pod to miss its ConfigMap', isConfigured);
  // The Job asks five times a second: long enough to tell 30 s after its end from 30 s after the first sight.
  const asked = (): number => world.probes.requests().filter(({ name }) => name === 'maker').length;
  const enough = asked() + 50;
  await until('the Job to have run on for a while', async () => asked() >= enough);
  world.probes.set('maker', true);
  await eyes.first('jobs', `${IN}/maker`, 'complete', isComplete);
  const complete = await site.kubectl('-n', IN, 'get', 'job', 'maker', '-o=jsonpath={.status.completionTime}');

  const entry = await site.ended(commit);
  const step = (name: string) => stepOf(entry, `Deployment/${IN}/${name}`);
  const times = (name: string): number[] => [step(name)?.begin, step(name)?.end].map((time) => Date.parse(time ?? ''));
  assert.match(
    step('configured')?.reason ?? '',
    /^pod \S+, container main: CreateContainerConfigError: configmap "missing" not found/,
  );
  const [, end = 0] = times('configured');
  assert.ok(end - Date.parse(complete) >= 30_000, 'it was not waited for the Job');

  assert.match(step('huge')?.reason ?? '', /^pod huge-\S+: Unschedulable: .*Insufficient memory/);
  const [from = 0, to = 0] = times('huge');
  assert.ok(to - from >= 60_000);
  assert.match(step('volume')?.reason ?? '', /^not ready after 65 s: .*Unschedulable: .*volume/);
  assert.equal(stepOf(entry, `ConfigMap/${IN}/after`)?.state, 'not-reached');
  assert.equal(stepOf(entry, `PersistentVolumeClaim/${IN}/claim`)?.state, 'done');
});
