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

interface Managed {
  /** `kind/name`. */
  name: string;
  /** Of Ordo's own there; nothing else of it. */
  namespace: string;
  /** Of what Git states of it. */
  change: object;
}
const managed = (namespace: string, changes: Record<string, object>): Managed[] =>
  Object.entries(changes).map(([name, change]) => ({ name, namespace, change }));

const STAMP = { metadata: { annotations: { 'ordo.dev/hash': 'by hand' } } };
const GUEST = { kind: 'ServiceAccount', name: 'guest', namespace: 'admin' };
const subjects = (name: string): object => ({ subjects: [{ ...GUEST, name }, GUEST] });
const everything = (...apiGroups: string[]): object => ({ rules: [{ apiGroups, resources: ['*'], verbs: ['*'] }] });

const SHOP = managed('shop', {
  'service/database': { spec: { ports: [{ port: 1 }] } },
  'statefulset/database': { spec: { replicas: 2 } },
  'serviceaccount/setup': STAMP,
  'role/setup': { rules: [] },
  'rolebinding/setup': { subjects: [] },
  'configmap/web': { data: { greeting: 'by hand' } },
  'deployment/web': { spec: { replicas: 0 } },
  'daemonset/agent': { metadata: { labels: { app: 'other' } } },
});
/** What goes with all others, or does not come back once it has done its work. */
const AROUND = managed('shop', { 'namespace/shop': STAMP, 'job/setup': STAMP });
/** What Ordo lives by, which nobody could put back when it is deleted: edited and relabelled together with all others. */
const OWN = managed(NAMESPACE, {
  'serviceaccount/ordo': STAMP,
  'serviceaccount/ordo-runner': STAMP,
  'clusterrole/ordo': everything('*'),
  'clusterrolebinding/ordo': subjects('ordo'),
  'role/ordo': everything('', 'batch', 'events.k8s.io'),
  'rolebinding/ordo': subjects('ordo'),
  'clusterrolebinding/ordo-runner': subjects('ordo-runner'),
  'deployment/ordo': { metadata: { labels: { app: 'other' } } },
});
const ALL = [...SHOP, ...AROUND, ...OWN];

const edit = ({ namespace, name, change }: Managed): Promise<string> =>
  site.kubectl('-n', namespace, 'patch', name, '--type=merge', '-p', JSON.stringify(change));
const relabel = ({ namespace, name }: Managed): Promise<string> =>
  site.kubectl('-n', namespace, 'label', name, 'ordo.dev/target-');
const remove = (...names: string[]): Promise<string> => site.kubectl('-n', 'shop', 'delete', ...names);
const namesOf = (objects: readonly Managed[]): string[] => objects.map(({ name }) => name);

/** What is there of them, in their order. */
async function read(objects: readonly Managed[]): Promise<KubeObject[]> {
  const all = objects.map(({ name: words, namespace }) => {
    const [kind = '', name = ''] = words.split('/');
    return site.get(kind, name, namespace);
  });
  return (await Promise.all(all)).filter((one) => one !== undefined);
}

const SERVERS_OWN = /^(clusterIPs?|resourceVersion|(batch\.kubernetes\.io\/)?controller-uid)$/;

/** What Git states of them: without what only a server writes, and what each rollout writes anew. */
async function statedAll(): Promise<string[]> {
  return (await read(ALL)).map(({ kind, metadata: { name, labels, annotations = {} }, status: _status, ...rest }) => {
    const stamps = ['ordo.dev/id', 'ordo.dev/hash'].map((one) => annotations[one]);
    return JSON.stringify({ kind, name, labels, stamps, ...rest }, (key, value: unknown) =>
      SERVERS_OWN.test(key) ? undefined : value,
    );
  });
}

const uids = async (objects: readonly Managed[] = ALL): Promise<string[]> =>
  (await read(objects)).map(({ metadata }) => (metadata as { uid?: string }).uid ?? '');

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

test('J04 each object of the demo, edited by hand, or without its label, is put back in place, one by one', async () => {
  const before = await uids();
  for (const [index, object] of [...SHOP, ...AROUND].entries()) {
    await edit(object);
    if (index === 0) await restartApiServer(world);
    await asGitSays(`a change of ${object.name}`);
    await relabel(object);
    await asGitSays(`the end of the label of ${object.name}`);
  }
  await settled();
  assert.deepEqual(await uids(), before, 'something was made anew');
});

test('J04 each object of the demo comes back when it was deleted, one by one, and nothing else is made anew', async () => {
  await forgive();
  for (const [index, { name }] of SHOP.entries()) {
    const before = await uids();
    await remove(name);
    await asGitSays(`the end of ${name}`);
    const now = await uids();
    assert.deepEqual(now.toSpliced(index, 1), before.toSpliced(index, 1), name);
    assert.notEqual(now[index], before[index], name);
  }
  await settled();
});

// Kubernetes' own controllers look less and less often for an API server that went several times: this comes before that.
test('J04 a Namespace that is deleted comes back with all that Git has in it, and its Job runs again', async () => {
  await forgive();
  await site.kubectl('delete', 'namespace', 'shop', '--wait=false');
  await until(
    'the Namespace to be a new one',
    async () => {
      const [found] = await read(AROUND.slice(0, 1));
      return (found?.['status'] as { phase?: string } | undefined)?.phase === 'Active';
    },
    { explain: () => planText(site) },
  );
  await asGitSays('the end of its Namespace', 180);
  await settled();
  assert.match(await site.kubectl('-n', 'shop', 'get', 'job', 'setup', '-o', 'jsonpath={.status.succeeded}'), /1/);
});

test('J04 all at once, while the API server is killed and comes back: nothing is missed, and what is there is not made anew', async () => {
  await forgive();
  const before = await uids();
  await restartApiServer(world);
  await Promise.all(ALL.map(edit));
  await restartApiServer(world);
  await Promise.all(ALL.map(relabel));
  await asGitSays('all edits', 120);
  await settled();
  assert.deepEqual(await uids(), before, 'something was made anew');

  await forgive();
  const shop = await uids(SHOP);
  await remove(...namesOf(SHOP));
  await restartApiServer(world);
  await asGitSays('all deletions', 180);
  await settled();
  assert.equal(new Set([...shop, ...(await uids(SHOP))]).size, 2 * SHOP.length);
  assert.deepEqual(await uids([...AROUND, ...OWN]), before.slice(SHOP.length));
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
