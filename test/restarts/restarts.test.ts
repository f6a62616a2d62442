import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import type { Client, WatchEvent } from '../../src/cluster/client.ts';
import type { State } from '../../src/cluster/state.ts';
import type { KubeObject } from '../../src/domain/object.ts';
import { lookOnce } from '../../src/restarts/look-once.ts';
import { createRestarts } from '../../src/restarts/restarts.ts';
import { noLog } from '../../src/util/logger.ts';
import { EMPTY, outcomeOf } from '../plan/fixtures.ts';

const SHOP = '/api/v1/namespaces/shop/configmaps';
const USERS = '/apis/apps/v1/namespaces/shop/deployments';

/** The little of an API server that restarts need: objects by path, lists of them, watches that tell of what is put. */
function memoryServer() {
  const objects = new Map<string, KubeObject>();
  const watches: { root: string; tell: (event: WatchEvent<unknown>) => void }[] = [];
  let version = 0;
  let writes = 0;
  const put = <T>(path: string, body: object): T => {
    version += 1;
    const { metadata, ...rest } = body as KubeObject;
    const object = { ...rest, metadata: { uid: path, ...metadata, resourceVersion: String(version) } };
    objects.set(path, object as KubeObject);
    const root = path.slice(0, path.lastIndexOf('/'));
    for (const watch of watches.filter((one) => one.root === root)) watch.tell({ type: 'MODIFIED', object });
    return object as T;
  };
  const client: Partial<Client> = {
    async get<T>(path: string) {
      const [root = '', query] = path.split('?');
      if (query === undefined) return objects.get(root) as T | undefined;
      const name = /metadata\.name=(.*)$/.exec(decodeURIComponent(query))?.[1];
      const items = [...objects].filter(([at]) => at.startsWith(`${root}/`)).map(([, object]) => object);
      const found = items.filter(({ metadata }) => name === undefined || metadata.name === name);
      return { metadata: { resourceVersion: String(version) }, items: found } as T;
    },
    async create<T>(root: string, body: object) {
      writes += 1;
      return put<T>(`${root}/${(body as KubeObject).metadata.name}`, body);
    },
    async replace<T>(path: string, body: object) {
      writes += 1;
      return put<T>(path, body);
    },
    async *watch<T>(path: string, stop: AbortSignal) {
      const events: WatchEvent<T>[] = [];
      let wake = (): void => undefined;
      watches.push({
        root: path.split('?')[0] ?? '',
        tell: (event) => {
          events.push(event as WatchEvent<T>);
          wake();
        },
      });
      stop.addEventListener('abort', () => wake(), { once: true });
      while (!stop.aborted) {
        yield* events.splice(0);
        if (!stop.aborted) await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
  return { client: client as Client, put, writes: () => writes };
}

function setting(t: { after: (end: () => void) => void }) {
  const stop = new AbortController();
  t.after(() => stop.abort(new Error('the test is over')));
  const server = memoryServer();
  let now = Date.UTC(2026, 0, 2);
  const clock = { now: () => new Date(now), sleep: () => turn<void>() };
  const around = { client: server.client, namespace: 'admin', clock, random: () => 0.5, signal: stop.signal };
  const restarts = createRestarts({ ...around, log: noLog, ring: () => undefined });
  const annotations = { 'ordo.dev/restart-on': 'configmap/settings' };
  server.put(`${USERS}/web`, { metadata: { name: 'web', namespace: 'shop', annotations } });
  const change = async (value: string): Promise<void> => {
    server.put(`${SHOP}/settings`, { metadata: { name: 'settings', namespace: 'shop' }, data: { value } });
    await turn();
    await restarts.ready();
  };
  return { ...server, around, restarts, change, later: (seconds: number) => void (now += seconds * 1000), clock };
}

test('R13 a workload that changes its configuration at each start is restarted three times, and then an hour later, or when a person asks', async (t) => {
  const { restarts, change, later, client, clock } = setting(t);
  const settings = { restartNamespaces: ['shop'], updateWindow: undefined };
  restarts.follow(settings.restartNamespaces);
  await change('0');
  await change('0');
  const key = { id: '', hasher: (text: string) => text };
  const state = { inventory: EMPTY, isSuspended: false, key } as Partial<State> as State;
  const restart = async (retried?: Date): Promise<boolean> => {
    const memory = await client.get<KubeObject>('/api/v1/namespaces/admin/configmaps/ordo-restarts');
    const id = (memory?.metadata.annotations ?? {})['ordo.dev/seal-key'] ?? '';
    const asked = retried && { retried: { rollout: 1, by: 'on-call', at: retried.toISOString() } };
    const now = { ...state, key: { ...key, id }, inventory: { ...EMPTY, ...asked } };
    const intent = await restarts.next(now, settings as never, noLog);
    if (intent === undefined) return false;
    const { plan } = intent;
    const outcome = { ...outcomeOf(plan), steps: { 0: { state: 'done' as const } } };
    await restarts.ended({ plan, outcome, inventory: EMPTY, manifests: async () => ({}) });
    return true;
  };
  for (const value of ['1', '2', '3']) {
    await change(value);
    assert.ok(restarts.isDue());
    later(11);
    assert.ok(await restart(), value);
  }
  await change('4');
  later(11);
  assert.equal(await restart(), false);
  assert.match(
    restarts.notes().join('\n'),
    /^restart Deployment\/shop\/web: ConfigMap\/settings changed; .*three times/,
  );
  assert.ok(restarts.rests());
  assert.ok(await restart(clock.now()), 'a person asked');
});

test('R13 where no controller runs what is due is found by one look, which writes nothing', async (t) => {
  const { restarts, change, around, put, writes } = setting(t);
  restarts.follow(['shop']);
  await change('0');
  await change('0');
  const looked = () => lookOnce({ ...around, namespaces: ['shop'] });
  const before = writes();
  assert.deepEqual(await looked(), { due: [], notes: [] });
  put(`${SHOP}/settings`, { metadata: { name: 'settings', namespace: 'shop' }, data: { value: '1' } });
  const { due, notes } = await looked();
  assert.equal(due.length, 1);
  assert.deepEqual(notes, ['restart Deployment/shop/web: ConfigMap/settings changed']);
  assert.deepEqual(await lookOnce({ ...around, namespaces: [] }), { due: [], notes: [] });
  assert.equal(writes(), before);
});

test('R06 R13 a start restarts nothing, finds what was changed before it, and leaves a damaged memory to a person', async (t) => {
  const { restarts, change, around, put } = setting(t);
  const path = '/api/v1/namespaces/admin/configmaps/ordo-restarts';
  restarts.follow(['shop']);
  await change('0');
  await change('0');
  const started = async () => {
    const next = createRestarts({ ...around, log: noLog, ring: () => undefined });
    next.follow(['shop']);
    await next.ready();
    return next;
  };
  assert.deepEqual((await started()).notes(), []);
  put(`${SHOP}/settings`, { metadata: { name: 'settings', namespace: 'shop' }, data: { value: '1' } });
  assert.match((await started()).notes().join(), /^restart Deployment\/shop\/web: ConfigMap\/settings changed/);
  const memory = await around.client.get<KubeObject>(path);
  put(path, { ...memory, binaryData: { restarts: Buffer.from('no gzip').toString('base64') } });
  await assert.rejects(started(), /ConfigMap ordo-restarts cannot be read .*delete configmap ordo-restarts/);
  const { due, notes } = await lookOnce({ ...around, namespaces: ['shop'] });
  assert.deepEqual(due, []);
  assert.match(notes.join(), /^restarts: what is to be restarted is not known: ConfigMap ordo-restarts cannot be read/);
});
