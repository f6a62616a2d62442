import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { planSays, stepsOf } from './footprints.ts';
import { proveOrder } from './order-proof.ts';
import { configMap, cronJob, deployment, job, namespace, pushApp, secret, statefulSet } from './samples.ts';
import { installSite, type Site } from './site.ts';
import { isMade, watch, type Watch } from './watch.ts';
import { imageOf, pinned, readWorkload } from './workloads.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let site: Site;
let eyes: Watch;
const digests: Record<string, string> = {};
before(async () => {
  world = await openWorld();
  eyes = await watch(world, ['configmaps', 'pods', 'secrets']);
  for (const app of ['red', 'blue']) digests[app] = await pushApp(world, app, app);
  site = await installSite({ world, name: 'configuration', files: { ...users(), ...bystanders() } });
});
after(async () => {
  eyes?.stop();
  await world?.close();
});

const CONFIG = 'deploy/5-users/20-colorsconfigmap.yml';
const SECRET = 'deploy/5-users/30-colorssecret.yml';
const configWith = (color: string): string => configMap('colors', 'users', { color, size: 'large' });
const secretWith = (color: string): string => secret('colors', 'users', { color, size: 'large' });

const mount = 'volumeMounts: [{ name: colors, mountPath: /colors }]';
const volume = (source: string): string => `volumes: [{ name: colors, ${source} }]`;
const projected = (source: string): string => volume(`projected: { sources: [{ ${source} }] }`);

/** Every way in which a pod can use a key: lines of its container and of its pod. The packages take turns. */
const WAYS: Record<string, { app: 'red' | 'blue'; container: string; pod?: string }> = {
  'config-envfrom': { app: 'red', container: 'envFrom: [{ configMapRef: { name: colors } }]' },
  'config-env': {
    app: 'blue',
    container: 'env: [{ name: color, valueFrom: { configMapKeyRef: { name: colors, key: color } } }]',
  },
  'config-volume': { app: 'red', container: mount, pod: volume('configMap: { name: colors }') },
  'config-projected': { app: 'blue', container: mount, pod: projected('configMap: { name: colors }') },
  'secret-envfrom': { app: 'red', container: 'envFrom: [{ secretRef: { name: colors } }]' },
  'secret-env': {
    app: 'blue',
    container: 'env: [{ name: color, valueFrom: { secretKeyRef: { name: colors, key: color } } }]',
  },
  'secret-volume': { app: 'red', container: mount, pod: volume('secret: { secretName: colors }') },
  'secret-projected': { app: 'blue', container: mount, pod: projected('secret: { name: colors }') },
};

/** Beside the Deployments of each way: users in an earlier and in a later group than their ConfigMap. */
function users(): Record<string, string> {
  const ways = Object.entries(WAYS).map(([name, way], index) => {
    const text = deployment(world, { name, namespace: 'users', ...way });
    return [`deploy/5-users/${100 + index}-${name}deployment.yml`, text] as const;
  });
  const all = { namespace: 'users', app: 'blue', container: 'envFrom: [{ configMapRef: { name: colors } }]' };
  const optional = 'envFrom: [{ configMapRef: { name: colors, optional: true } }]';
  return {
    'deploy/2-early/10-usersnamespace.yml': namespace('users'),
    'deploy/2-early/20-earlydeployment.yml': deployment(world, { ...all, name: 'early', container: optional }),
    [CONFIG]: configWith('white'),
    [SECRET]: secretWith('white'),
    ...Object.fromEntries(ways),
    'deploy/9-late/20-latestatefulset.yml': statefulSet(world, { ...all, name: 'late' }),
    'deploy/9-late/30-latecronjob.yml': cronJob(world, { ...all, name: 'late' }),
    'deploy/9-late/40-latejob.yml': task('late', 'on-config'),
    ...byRun('1'),
  };
}

/** A Job that reads the ConfigMap and says when it wants to run again. */
const task = (name: string, run: string, version = '1'): string => {
  const container = `envFrom: [{ configMapRef: { name: colors } }]\ncommand: ['/bin/sh', '-c', 'true # ${version}']`;
  const options = { name, namespace: 'users', app: 'blue', container, annotations: { 'ordo.dev/run': run } };
  return job(world, options);
};
const byRun = (version: string): Record<string, string> => ({
  'deploy/9-late/40-onchangejob.yml': task('on-change', 'on-change', version),
  'deploy/9-late/40-oncejob.yml': task('once', 'once', version),
});

/** Workloads that a change of `color` is no concern of; without pods, since it is their objects that must not be touched. */
function bystanders(): Record<string, string> {
  const idle = { namespace: 'users', app: 'red', replicas: 0 };
  const size = 'env: [{ name: SIZE, valueFrom: { configMapKeyRef: { name: colors, key: size } } }]';
  return {
    'deploy/6-bystanders/10-othersnamespace.yml': namespace('others'),
    'deploy/6-bystanders/20-colorsconfigmap.yml': configMap('colors', 'others', { color: 'black' }),
    'deploy/6-bystanders/30-namesakedeployment.yml': deployment(world, {
      ...idle,
      name: 'namesake',
      namespace: 'others',
      container: WAYS['config-envfrom']?.container ?? '',
    }),
    'deploy/6-bystanders/40-plaindeployment.yml': deployment(world, { ...idle, name: 'plain' }),
    'deploy/6-bystanders/50-otherkeydeployment.yml': deployment(world, { ...idle, name: 'other-key', container: size }),
    'deploy/6-bystanders/60-otheritemdeployment.yml': deployment(world, {
      ...idle,
      name: 'other-item',
      container: mount,
      pod: volume('secret: { secretName: colors, items: [{ key: size, path: size }] }'),
    }),
    'deploy/6-bystanders/70-pulldeployment.yml': deployment(world, {
      ...idle,
      name: 'pull',
      pod: 'imagePullSecrets: [{ name: colors }]',
    }),
  };
}

/** Uid and generation of all Deployments by `namespace/name`. */
async function deployments(): Promise<Record<string, { uid: string; generation: number }>> {
  const text = await site.kubectl('get', 'deployments', '-A', '-o', 'json');
  const { items } = JSON.parse(text) as {
    items: { metadata: { namespace: string; name: string; uid: string; generation: number } }[];
  };
  return Object.fromEntries(
    items.map(({ metadata: { namespace: where, name, uid, generation } }) => [`${where}/${name}`, { uid, generation }]),
  );
}

/** The color that the pods of a user see. */
async function colorSeen(name: string): Promise<string> {
  const show = ['/bin/sh', '-c', 'cat /colors/color 2>/dev/null || echo -n "$color"'];
  return site.kubectl('-n', 'users', 'exec', `deploy/${name}`, '--', ...show);
}

const recreated = ({ steps }: HistoryEntry): string[] =>
  steps.flatMap(({ kind, object }) => (kind === 'recreate' ? [object] : [])).sort();
const podsIn = (where: string) => eyes.of('pods', ({ metadata }) => metadata.namespace === where);

/** Commits a changed `color` and asserts that exactly these users got new pods, all of them after the change, and see it. */
async function assertRecreated(
  change: Record<string, string>,
  { resource, color, expected }: { resource: 'configmaps' | 'secrets'; color: string; expected: string[] },
): Promise<HistoryEntry> {
  const before = await deployments();
  const known = new Set(podsIn('users').map(({ object }) => object.metadata.uid));
  const commit = await site.rollOut(change);
  const entry = await site.ended(commit);
  assert.deepEqual(recreated(entry), expected.toSorted());
  const now = await deployments();
  const own = expected.flatMap((object) => /^Deployment\/(.*)$/.exec(object)?.[1] ?? []);
  for (const name of own) assert.notEqual(now[name]?.uid, before[name]?.uid, `${name} is another`);
  for (const name of Object.keys(before).filter((one) => !own.includes(one))) {
    assert.deepEqual(now[name], before[name], `${name} is untouched`);
  }
  for (const name of own) assert.equal(await colorSeen(name.split('/')[1] ?? ''), color, name);

  const changed = eyes.of(resource, 'users/colors').at(-1)?.revision ?? 0;
  const fresh = podsIn('users').filter((sight) => isMade(sight) && !known.has(sight.object.metadata.uid));
  assert.ok(fresh.length >= own.length);
  for (const { revision, object } of fresh)
    assert.ok(revision > changed, `${object.metadata.name} came before the change`);
  return entry;
}

const named = (source: string): string[] =>
  Object.keys(WAYS)
    .filter((name) => name.startsWith(source))
    .map((name) => `Deployment/users/${name}`);

test('#24 #16 D16 a changed ConfigMap recreates all its users after it: by envFrom, env, volume and projected, in any group; Jobs by ordo.dev/run', async () => {
  const late = ['StatefulSet', 'CronJob', 'Job'].map((kind) => `${kind}/users/late`);
  const entry = await assertRecreated(
    { [CONFIG]: configWith('green') },
    {
      resource: 'configmaps',
      color: 'green',
      expected: [...named('config'), 'Deployment/users/early', ...late],
    },
  );
  const { stages } = await proveOrder(world, entry, { 'Deployment/users/early': CONFIG });
  assert.deepEqual(stages[1]?.slice(0, 2), ['apply ConfigMap/users/colors', 'apply Deployment/users/early']);
});

test('#23 D25 D26 the users of an edited ConfigMap come back each with its own package, pinned to the digest it had', async () => {
  for (const [name, { app }] of Object.entries(WAYS)) {
    const image = imageOf(await readWorkload(site, 'deployment', name, 'users'));
    assert.equal(image, pinned(app, digests[app] ?? ''), name);
  }
});

test('#24 D16 D17 a changed Secret recreates its users, and neither those of another key nor who only pulls with it', async () => {
  await assertRecreated(
    { [SECRET]: secretWith('violet') },
    {
      resource: 'secrets',
      color: 'violet',
      expected: named('secret'),
    },
  );
});

test('a changed Job runs again, unless its ordo.dev/run is once; what ordo.dev/ignore leaves alone is read only, and unknown annotations are told', async () => {
  const configured = (name: string, annotation: string): string =>
    configMap(name, 'users', {}).replace('\ndata:', `\n  annotations: { ${annotation} }\ndata:`);
  const commit = await site.rollOut({
    ...byRun('2'),
    'deploy/9-late/50-ignoredconfigmap.yml': configured('ignored', 'ordo.dev/ignore: "true"'),
    'deploy/9-late/60-oddconfigmap.yml': configured('odd', 'ordo.dev/colour: blue'),
  });
  assert.deepEqual(stepsOf(await site.ended(commit)), [
    ...['recreate Job/users/on-change', 'apply ConfigMap/users/odd'],
  ]);
  assert.equal(await site.get('configmap', 'ignored', 'users'), undefined);
  await planSays(
    site,
    /^ +warning +\S+odd\S+ document 1: annotation ordo\.dev\/colour is unknown; known are update, /m,
  );
  await planSays(site, /^ +note +\S+ignored\S+ document 1: left alone: ordo\.dev\/ignore/m);
});
