import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cleared, mark, newest, ordosWrites, passes, stepsOf } from './footprints.ts';
import { metric } from './ordo.ts';
import { CONTROLLER, find } from './processes.ts';
import { addUp, freeOn, MIB, requestsOf, limitsOf, type PodObject } from './room.ts';
import { configMap, deployment, namespace, pushApp } from './samples.ts';
import { applyByHand } from './restart-samples.ts';
import { ACCOUNT, installSite, NAMESPACE, type Site } from './site.ts';
import { watch } from './watch.ts';
import { rolledOut } from './workloads.ts';
import { openWorld, type World } from './world.ts';

// What Ordo takes of a small device: room on its node, and writes to its flash.

/** The least that k3s wants for a node: one core and 512 MB. https://docs.k3s.io/installation/requirements */
const SMALL_NODE = { cpu: 1000, memory: 512_000_000 };

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', 'little 1');
  site = await installSite({
    world,
    name: 'little',
    files: {
      'deploy/2-little/10-littlenamespace.yml': namespace('little'),
      'deploy/2-little/20-webdeployment.yml': deployment(world, { name: 'web', namespace: 'little' }),
      ...text('first'),
    },
  });
});
after(() => world?.close());

const text = (value: string): Record<string, string> => ({
  'deploy/2-little/15-littleconfigmap.yml': configMap('little', 'little', { value }),
});

test('J22 on a node with no more room than its Job and a pull ask for, a new image is rolled out; all of Ordo fits a small node', async () => {
  await site.kubectl('-n', NAMESPACE, 'wait', 'job', '-l', 'app=ordo-runner', '--for=condition=Complete');
  const asked = { cpu: 25 + 1, memory: (64 + 8) * MIB };
  const free = await freeOn(site);
  const room = { cpu: `${free.cpu - asked.cpu}m`, memory: free.memory - asked.memory };
  const pod = {
    // As high as Ordo's own: a lower one would have to make room.
    priorityClassName: 'system-cluster-critical',
    containers: [{ name: 'main', image: `ghcr.io/${ACCOUNT}/web:main`, resources: { requests: room } }],
  };
  await applyByHand(site, 'little', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'filler' }, spec: pod });
  await site.kubectl('-n', 'little', 'wait', 'pod/filler', '--for=condition=Ready', '--timeout=60s');
  assert.deepEqual(await freeOn(site), asked);

  const seen = await watch(world, ['pods']);
  const entry = await rolledOut(site, 'Deployment/little/web', () => pushApp(world, 'web', 'little 2'));
  seen.stop();
  assert.deepEqual([entry.state, stepsOf(entry)], ['done', ['recreate Deployment/little/web']]);
  const admitted = (which: RegExp): PodObject => {
    const sights = seen.of('pods', ({ metadata }) => which.test(metadata.name));
    // The kubelet says nothing of the containers of a pod that it has no room for.
    const pod = sights.find(({ object }) => object.status?.containerStatuses !== undefined)?.object;
    return (pod as PodObject | undefined) ?? assert.fail(`there was no room for ${which}`);
  };
  const ordo = JSON.parse(await site.kubectl('-n', NAMESPACE, 'get', 'pods', '-l', 'app=ordo', '-o', 'json')) as {
    items: [PodObject];
  };
  const pods = [ordo.items[0], admitted(/^ordo-rollout-/), admitted(/^ordo-pull-/)];
  const requests = addUp(pods.map(requestsOf));
  assert.ok(requests.cpu * 10 <= SMALL_NODE.cpu, `${requests.cpu} thousandths of a core are set aside`);
  assert.ok(requests.memory * 3 <= SMALL_NODE.memory, `${requests.memory} bytes are set aside`);
  const { memory } = addUp(pods.map(limitsOf));
  assert.ok(memory <= SMALL_NODE.memory, `${memory} bytes at most`);
  await site.kubectl('-n', 'little', 'delete', 'pod', 'filler', '--grace-period=1');
});

test('O11 no volume outlives a pod of Ordo: there is no claim, and no path of the node', async () => {
  assert.equal(await site.kubectl('get', 'persistentvolumes,persistentvolumeclaims', '-A', '-o', 'name'), '');
  const { items } = JSON.parse(await site.kubectl('-n', NAMESPACE, 'get', 'pods', '-o', 'json')) as {
    items: { metadata: { labels: { app: string } }; spec: { volumes: object[] } }[];
  };
  const kinds = items.flatMap(({ spec }) => spec.volumes.flatMap((volume) => Object.keys(volume)));
  assert.deepEqual([...new Set(kinds)].sort(), ['emptyDir', 'name', 'projected', 'secret']);
  assert.deepEqual(new Set(items.map(({ metadata }) => metadata.labels.app)), new Set(['ordo', 'ordo-runner']));
});

test('O11 an idle Ordo writes nothing, neither to the API server nor to a file nor to its log; ordo_api_writes_total proves it', async () => {
  await cleared(site);
  const from = await mark(world);
  const before = await written();
  await passes(site, 6);
  assert.deepEqual(await ordosWrites(world, from), []);
  assert.deepEqual(await written(), before);

  await site.rollOut(text('second'));
  assert.deepEqual(stepsOf(await newest(site)), ['apply ConfigMap/little/little']);
  await cleared(site);
  const writes = (await ordosWrites(world, from)).filter(({ user }) => user === 'ordo');
  assert.ok(writes.length > 0);
  const { api } = await written();
  assert.equal(api - before.api, writes.length, 'the metric says something else than the audit log');
});

/** All that the controller has written up to now. */
async function written() {
  const pids = await find(CONTROLLER);
  const disk = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/io`, 'utf8')));
  const folders = ['var/lib/ordo', 'tmp'].map((folder) => `/proc/${pids[0]}/root/${folder}`);
  return {
    api: await metric(site, 'ordo_api_writes_total'),
    disk: disk.map((lines) => /^write_bytes: (\d+)$/m.exec(lines)?.[1] ?? assert.fail(lines)),
    files: (await Promise.all(folders.map(filesIn))).flat(),
    log: await site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo'),
  };
}

/** A folder and everything in it, each with its size and when it was written last. */
async function filesIn(folder: string): Promise<string[]> {
  const paths = ['', ...(await readdir(folder, { recursive: true }))].map((path) => join(folder, path));
  return Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs, ctimeMs } = await stat(path);
      return [path, size, mtimeMs, ctimeMs].join(' ');
    }),
  );
}
