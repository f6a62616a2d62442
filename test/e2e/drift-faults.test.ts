import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeObject } from '../../src/domain/object.ts';
import { shop } from '../demo/shop.ts';
import { compact, restartApiServer } from './api-server.ts';
import { planText } from './footprints.ts';
import { ordoSays } from './ordo.ts';
import { CONTROLLER, freeze, thaw } from './processes.ts';
import { pushApp } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

// All objects of the demo are deleted, edited and relabelled by hand, while the API server goes and comes.

let world: World;
let site: Site;
let wanted: string[];
before(async () => {
  world = await openWorld();
  for (const app of ['database', 'web', 'agent']) await pushApp(world, app, '1');
  site = await installSite({ world, name: 'drift-faults', files: shop(world) });
  await settled();
  wanted = await statedAll();
});
after(() => world?.close());

// Each object, and a change of what Git states of it.
const OBJECTS: [string, object][] = [
  ['service/database', { spec: { ports: [{ port: 1 }] } }],
  ['statefulset/database', { spec: { replicas: 2 } }],
  ['serviceaccount/setup', { metadata: { annotations: { 'ordo.dev/hash': 'by hand' } } }],
  ['role/setup', { rules: [] }],
  ['rolebinding/setup', { subjects: [] }],
  ['configmap/web', { data: { greeting: 'by hand' } }],
  ['deployment/web', { spec: { replicas: 0 } }],
  ['daemonset/agent', { metadata: { labels: { app: 'other' } } }],
];
const NAMES = OBJECTS.map(([name]) => name);

const edit = ([name, change]: (typeof OBJECTS)[number]): Promise<string> =>
  site.kubectl('-n', 'shop', 'patch', name, '--type=merge', '-p', JSON.stringify(change));
const relabel = (...names: string[]): Promise<string> =>
  site.kubectl('-n', 'shop', 'label', ...names, 'ordo.dev/target-');
const remove = (...names: string[]): Promise<string> => site.kubectl('-n', 'shop', 'delete', ...names);

/** What Git states of them: without what only a server writes, and what each rollout writes anew. */
async function statedAll(): Promise<string[]> {
  const text = await site.kubectl('-n', 'shop', 'get', ...NAMES, '--ignore-not-found', '-o', 'json');
  if (text === '') return [];
  const { items } = JSON.parse(text) as { items: KubeObject[] };
  return items.map(({ kind, metadata: { name, labels, annotations = {} }, status: _status, ...rest }) => {
    const stamps = ['ordo.dev/id', 'ordo.dev/hash'].map((one) => annotations[one]);
    return JSON.stringify({ kind, name, labels, stamps, ...rest }, (key, value: unknown) =>
      ['clusterIP', 'clusterIPs', 'resourceVersion'].includes(key) ? undefined : value,
    );
  });
}

async function uids(): Promise<string[]> {
  const text = await site.kubectl('-n', 'shop', 'get', ...NAMES, '-o', 'jsonpath={.items[*].metadata.uid}');
  return text.split(' ');
}

async function asGitSays(what: string, seconds = 60): Promise<void> {
  const isSo = async (): Promise<boolean> =>
    JSON.stringify(await statedAll().catch(() => [])) === JSON.stringify(wanted);
  const explain = async (): Promise<string> => {
    const now = await statedAll();
    return `${now.filter((one) => !wanted.includes(one)).join('\n')}\n${await planText(site)}\n${await site.log()}`;
  };
  await until(`all to be as Git says after ${what}`, isSo, { seconds, explain });
}

async function settled(): Promise<void> {
  await until('nothing to be left to do', async () => /^nothing to do at \S+\n(noted\n|$)/.test(await planText(site)), {
    explain: () => planText(site),
  });
}

/** What was put back up to now counts for no fight any more. */
const forgive = (): Promise<string> => ordoSays(site, 'retry');

/** Which container the controller runs in. */
const containerOfOrdo = (): Promise<string> =>
  site.kubectl(
    '-n',
    NAMESPACE,
    'get',
    'pods',
    '-l',
    'app=ordo',
    '-o',
    'jsonpath={.items[*].status.containerStatuses[0].containerID}',
  );

test('J04 each object of the demo, edited and relabelled by hand, is put back in place, one by one', async () => {
  const before = await uids();
  for (const object of OBJECTS) {
    await edit(object);
    await relabel(object[0]);
    await asGitSays(`a change of ${object[0]}`);
  }
  await settled();
  assert.deepEqual(await uids(), before, 'something was made anew');
});

test('J04 each object of the demo comes back when it was deleted, one by one, and nothing else is made anew', async () => {
  for (const [index, name] of NAMES.entries()) {
    const before = await uids();
    await remove(name);
    await asGitSays(`the end of ${name}`);
    const now = await uids();
    assert.deepEqual(
      now.filter((_, at) => at !== index),
      before.filter((_, at) => at !== index),
      name,
    );
    assert.notEqual(now[index], before[index], name);
  }
  await settled();
});

test('J04 all at once, while the API server is killed and comes back: nothing is missed, and what was edited is not made anew', async () => {
  await settled();
  await forgive();
  const before = await uids();
  await restartApiServer(world);
  await Promise.all(OBJECTS.map(edit));
  await restartApiServer(world);
  await relabel(...NAMES);
  await asGitSays('all edits', 120);
  await settled();
  assert.deepEqual(await uids(), before, 'something was made anew');

  await forgive();
  await remove(...NAMES);
  await restartApiServer(world);
  await asGitSays('all deletions', 180);
  await settled();
  assert.equal(new Set([...before, ...(await uids())]).size, 2 * NAMES.length);
});

test('J04 what happens while the controller stands still, and etcd has forgotten by the time it goes on, is noticed and put back', async () => {
  await forgive();
  const container = await containerOfOrdo();
  const stopped = await freeze(CONTROLLER);
  try {
    // Its watches are cut: what follows is not even in its sockets.
    await restartApiServer(world);
    await remove('configmap/web');
    await site.kubectl('-n', 'shop', 'scale', 'deployment/web', '--replicas=0');
    await compact(world);
    await restartApiServer(world);
  } finally {
    thaw(stopped);
  }
  await asGitSays('what etcd has forgotten');
  await settled();
  assert.equal(await containerOfOrdo(), container, 'another controller has listed everything');
});

test('J04 a Namespace that is deleted comes back with all that Git has in it, and its Job runs again', async () => {
  await forgive();
  await site.kubectl('delete', 'namespace', 'shop', '--wait=false');
  await until(
    'the Namespace to be a new one',
    async () => {
      const phase = await site.kubectl(
        'get',
        'namespace',
        'shop',
        '--ignore-not-found',
        '-o',
        'jsonpath={.status.phase}',
      );
      return phase === 'Active';
    },
    { seconds: 90, explain: () => planText(site) },
  );
  await asGitSays('the end of its Namespace', 180);
  await settled();
  assert.match(await site.kubectl('-n', 'shop', 'get', 'job', 'setup', '-o', 'jsonpath={.status.succeeded}'), /1/);
});
