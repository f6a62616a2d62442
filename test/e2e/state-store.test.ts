import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { kubeconfigAccess } from '../../src/cluster/kubeconfig.ts';
import { createClient, type Client } from '../../src/cluster/client.ts';
import { rolloutStore } from '../../src/cluster/rollout.ts';
import { stateStore, type StateStore } from '../../src/cluster/state.ts';
import type { HistoryEntry } from '../../src/domain/history.ts';
import type { Inventory, InventoryObject } from '../../src/domain/inventory.ts';
import { nextInventory } from '../../src/plan/next.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { openWorld, type World } from './world.ts';

/** The store alone, against the real API server: what no rollout could bring about in reasonable time. */

const IN = 'admin';
const MAPS = `/api/v1/namespaces/${IN}/configmaps`;

let world: World;
let client: Client;
const stop = new AbortController();
before(async () => {
  world = await openWorld();
  process.env['KUBECONFIG'] = world.cluster.kubeconfig;
  client = createClient(kubeconfigAccess(), stop.signal);
  await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: IN } });
});
after(async () => {
  stop.abort();
  await world?.close();
});

const hash = (): string => randomBytes(16).toString('hex');

function object(at: number): InventoryObject {
  const name = `web-${at}`;
  return {
    ...{ group: 'apps', kind: 'Deployment', namespace: `shop-${at % 100}`, name, version: 'v1' },
    ...{
      source: `deploy/${at % 40}-shop/${at}-${name}.yml`,
      order: [at % 40, at, `${at % 40}-shop`, `${at}-${name}.yml`, 0],
    },
    ...{
      hash: hash(),
      recreate: hash(),
      fixed: hash(),
      keys: { [`ConfigMap/${name}/value`]: hash() },
      outcome: 'done',
    },
  };
}
const inventoryOf = (count: number, rollout = 7): Inventory => ({
  ...{ version: 1, rollout, commit: 'c'.repeat(40), key: hash() },
  objects: Array.from({ length: count }, (_, at) => object(at)),
});

function entry(rollout: number, steps: number): HistoryEntry {
  const time = new Date(rollout * 1000).toISOString();
  const step = { kind: 'apply', object: 'ConfigMap/shop/web', source: 'deploy/1-a/10-a.yml', document: 0 };
  return {
    ...{ rollout, commit: hash(), state: 'done', seen: time, begin: time, end: time, fingerprint: hash() },
    steps: Array.from({ length: steps }, () => ({ ...step, state: 'done' as const, begin: time, end: time })),
  };
}

const open = (): StateStore => stateStore(client, IN);
const names = async (): Promise<string[]> => {
  const { items = [] } = (await client.get<{ items?: { metadata: { name: string } }[] }>(MAPS)) ?? {};
  return items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('ordo-'));
};
const damage = (name: string, key: string, bytes: Buffer): Promise<unknown> =>
  client.merge(`${MAPS}/${name}`, { binaryData: { [key]: bytes.toString('base64') } });

/** What stands there was written by nobody who knows the key. */
async function put(inventory: object): Promise<void> {
  await client.remove(`${MAPS}/ordo-inventory`);
  const binaryData = { inventory: gzipSync(JSON.stringify(inventory)).toString('base64') };
  await client.create(MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ordo-inventory' }, binaryData });
}

test('D32 an inventory of 10,000 objects and a history of 100 rollouts are written and read in parts of what the API takes', async (t) => {
  const store = open();
  await store.read();
  const inventory = inventoryOf(10_000);
  const history = Array.from({ length: 100 }, (_, at) => entry(200 - at, 100));
  const before = process.memoryUsage().rss;
  const from = performance.now();
  await store.writeInventory(inventory);
  const written = performance.now();
  const again = await open().read();
  const read = performance.now();
  const cluster = await world.cluster.kubectl(['get', 'namespace', 'kube-system', '-o=jsonpath={.metadata.uid}']);
  assert.deepEqual(again.inventory, { ...inventory, cluster: cluster.stdout });
  await store.read().then((state) => state.history());
  await store.writeHistory(history);
  assert.deepEqual(await open().readHistory(), history);
  const parts = await names();
  assert.deepEqual(parts, ['ordo-history', 'ordo-inventory', 'ordo-inventory-1']);
  const ms = (a: number, b: number): number => Math.round(b - a);
  const mib = Math.round((process.memoryUsage().rss - before) / 1024 / 1024);
  t.diagnostic(`inventory: written in ${ms(from, written)} ms, read in ${ms(written, read)} ms; ${mib} MiB more`);
  assert.ok(read - from < 10_000);

  await store.read();
  await store.writeInventory(inventoryOf(3));
  assert.deepEqual(await names(), ['ordo-history', 'ordo-inventory']);
});

test('D32 an inventory that is cut, mixed, edited by hand, foreign or of another cluster is known to be so, and can be written anew', async () => {
  const large = inventoryOf(10_000);
  const store = open();
  await store.read();
  await store.writeInventory(large);
  const harms: [what: string, harm: () => Promise<unknown>, says: RegExp][] = [
    ['cut', () => client.remove(`${MAPS}/ordo-inventory-1`), /do not belong together/],
    ['mixed', () => damage('ordo-inventory-1', 'inventory', randomBytes(900)), /do not belong together/],
    ['edited', () => damage('ordo-inventory', 'inventory', Buffer.from('{}')), /do not belong together/],
    ['foreign', () => put({ of: 'somebody else' }), /version: /],
    ['of a backup', () => put({ ...inventoryOf(3), cluster: 'another' }), /^it is about another cluster$/],
  ];
  for (const [what, harm, says] of harms) {
    await harm();
    const own = open();
    const { damaged = '', isRecorded, inventory } = await own.read();
    assert.match(damaged, says, what);
    assert.deepEqual([isRecorded, inventory.objects], [false, []], what);
    await own.writeInventory(large);
    const { cluster, ...rest } = (await open().read()).inventory;
    assert.deepEqual(rest, large, what);
    assert.match(cluster ?? '', /^[0-9a-f-]{36}$/);
  }
});

test('D32 what a newer version wrote is refused, and so is a key that is none: each error says how to go on', async () => {
  await put({ version: 2, objects: [] });
  await assert.rejects(
    open().read(),
    /^StateError: a newer Ordo wrote ConfigMap ordo-inventory \(version 2, this one knows 1\)/,
  );
  await client.remove(`${MAPS}/ordo-inventory`);
  const newer = { outcome: gzipSync('{"version":2}').toString('base64') };
  const metadata = { name: 'ordo-outcome-5' };
  await client.create(MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, binaryData: newer });
  await assert.rejects(
    rolloutStore(client, IN).readOutcome(5),
    /a newer Ordo wrote the outcome of rollout 5 \(version 2,/,
  );
  await damage('ordo-history', 'history', Buffer.from('nothing'));
  await assert.rejects(
    open().read(),
    /ConfigMap ordo-history cannot be read .*delete it \(kubectl -n admin delete configmap/,
  );
  await client.remove(`${MAPS}/ordo-history`);
  const key = `/api/v1/namespaces/${IN}/secrets/ordo-key`;
  await client.merge(key, { data: { key: null } });
  await assert.rejects(open().read(), /Secret ordo-key holds no key of 32 bytes: .*delete it/);
  await client.remove(key);
  assert.equal((await open().read()).isRecorded, false);
});

test('D10 of two controllers the one that read before the other wrote changes nothing', async () => {
  const [first, second] = [open(), open()];
  for (const store of [first, second]) await (await store.read()).history();
  await client.merge(`${MAPS}/ordo-inventory`, { metadata: { annotations: { 'ordo.dev/suspend': 'true' } } });
  await first.writeInventory(inventoryOf(2, 8));
  await first.writeHistory([entry(8, 1)]);
  await first.writeSha('a'.repeat(40));
  const refused = /was written by somebody else meanwhile/;
  await assert.rejects(second.writeInventory(inventoryOf(1, 7)), refused);
  await assert.rejects(second.writeHistory([entry(7, 1)]), refused);
  await assert.rejects(second.writeSha('b'.repeat(40)), refused);
  // Whoever looks again may go on.
  const state = await second.read();
  assert.deepEqual([state.inventory.rollout, state.sha, state.isSuspended], [8, 'a'.repeat(40), true]);
  await second.writeInventory(inventoryOf(1, 9));
  assert.equal((await first.read()).inventory.rollout, 9);
});

test('what it wrote itself is neither read again nor looked at before the next write, unless somebody has touched it since', async () => {
  let asked: string[] = [];
  const get: Client['get'] = (path, accept) => {
    asked.push(path.replace(`${MAPS}/`, ''));
    return client.get(path, accept);
  };
  const store = stateStore({ ...client, get }, IN);
  await (await store.read()).history();
  for (const [rollout, sha] of [
    [20, 'c'],
    [21, 'd'],
  ] as const) {
    asked = [];
    await store.writeInventory(inventoryOf(1, rollout));
    await store.writeHistory([entry(rollout, 1)]);
    await store.writeSha(sha.repeat(40));
  }
  const state = await store.read();
  assert.deepEqual([state.inventory.rollout, state.sha], [21, 'd'.repeat(40)]);
  const own = /^(ordo-inventory|ordo-history|current-yaml-commit-sha)$/;
  assert.deepEqual(
    asked.filter((path) => own.test(path)),
    [],
  );
  await client.merge(`${MAPS}/ordo-inventory`, { metadata: { annotations: { note: 'of a person' } } });
  await store.writeInventory(inventoryOf(1, 22));
  const { metadata } =
    (await client.get<{ metadata: { annotations: Record<string, string> } }>(`${MAPS}/ordo-inventory`)) ??
    assert.fail();
  assert.equal(metadata.annotations['note'], 'of a person');
  assert.equal((await open().read()).inventory.rollout, 22);
  await damage('ordo-inventory', 'inventory', Buffer.from('{}'));
  await assert.rejects(store.writeInventory(inventoryOf(1, 23)), /was written by somebody else meanwhile/);
  await store.read();
  await store.writeInventory(inventoryOf(1, 24));
});

test('D15 fields that a newer version has written are kept by an older one that goes on', async () => {
  const newer = { ...inventoryOf(2, 10), windows: ['night'] };
  const objects = newer.objects.map((one) => ({ ...one, weight: 5 }));
  const store = open();
  await (await store.read()).history();
  await store.writeInventory({ ...newer, objects } as Inventory);
  await store.writeHistory([{ ...entry(10, 1), approvedBy: 'somebody' } as HistoryEntry]);
  const state = await store.read();
  const nothing: Pick<Plan, 'steps' | 'moved' | 'gone' | 'kept'> = { steps: [], moved: [], gone: [], kept: [] };
  const plan: Plan = { ...{ version: 1, rollout: 11, target: 'main', commit: 'd', namespace: IN }, ...nothing };
  await store.writeInventory(nextInventory(state.inventory, plan, state.inventory.key));
  await store.writeHistory([entry(11, 1), ...(await state.history())]);
  const { inventory, history } = await open().read();
  assert.deepEqual(inventory, { ...newer, objects, commit: 'd', cluster: state.inventory.cluster });
  assert.equal(((await history())[1] as { approvedBy?: string } | undefined)?.approvedBy, 'somebody');
});
