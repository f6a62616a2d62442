import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAlive } from '../../src/rollouts/alive.ts';
import { ApiError, type Client } from '../../src/cluster/client.ts';
import { ExternalError } from '../../src/util/errors.ts';
import { noLog } from '../../src/util/logger.ts';

const PATH = '/api/v1/namespaces/admin/configmaps';

/** A controller in the pod `ordo-1`, the ConfigMaps that it has written, and what happens at each sleep. */
function controller(pod = 'ordo-1', onSleep: (ms: number) => void = () => undefined) {
  const maps = new Map<string, { data?: { pod?: string } }>();
  let writes = 0;
  const write = async (body: object): Promise<object> => {
    writes += 1;
    maps.set(`${PATH}/ordo-alive`, body as object);
    return body;
  };
  const client: Partial<Client> = {
    get: async (path: string) => maps.get(path) as never,
    create: async (_: string, body: object) => (await write(body)) as never,
    replace: async (_: string, body: object) => (await write(body)) as never,
  };
  const clock = {
    now: () => new Date(0),
    async sleep(ms: number, signal: AbortSignal) {
      onSleep(ms);
      // Later than everything that is ready now.
      await new Promise(setImmediate);
      signal.throwIfAborted();
    },
  };
  const alive = createAlive(client as Client, { namespace: 'admin', pod }, clock);
  return { alive, said: () => maps.get(`${PATH}/ordo-alive`)?.data?.pod, writes: () => writes, maps };
}

const never = new AbortController().signal;

test('O13 the sign of life is written once per pod, and again only when it is gone', async () => {
  const { alive, said, writes, maps } = controller();
  await alive.give();
  await alive.give();
  await alive.give(true);
  assert.deepEqual([said(), writes()], ['ordo-1', 1]);
  maps.clear();
  await alive.give();
  assert.equal(said(), undefined);
  await alive.give(true);
  assert.deepEqual([said(), writes()], ['ordo-1', 2]);
  const unnamed = controller('');
  await unnamed.alive.give(true);
  assert.equal(unnamed.writes(), 0);
});

test('O13 it follows a look that succeeded, or failed for what is outside', async () => {
  for (const look of [async () => undefined, () => Promise.reject(new ExternalError('no route'))]) {
    const { alive, said, maps } = controller();
    await alive.giveAfter(look, noLog, never);
    assert.equal(said(), 'ordo-1');
    maps.clear();
    await alive.giveAfter(() => Promise.reject(new TypeError('not asked')), noLog, never);
    assert.equal(said(), 'ordo-1');
  }
});

test('O13 a fault of its own, or a right that is refused, gives no sign; it looks again until the rollout is over', async () => {
  for (const fault of [new TypeError('x is not a function'), new ApiError(403, 'Forbidden', 'may not list')]) {
    const over = new AbortController();
    let looks = 0;
    const { alive, said } = controller('ordo-1', (ms) => ms === 5_000 && looks === 3 && over.abort());
    const look = (): Promise<void> => {
      looks += 1;
      return Promise.reject(fault);
    };
    await alive.giveAfter(look, noLog, over.signal);
    assert.deepEqual([looks, said()], [3, undefined]);
  }
});

test('O13 an outside that does not answer counts as good after a while; what looks at it is waited for', async () => {
  const end = Promise.withResolvers<void>();
  const { alive, said } = controller();
  let isOver = false;
  const giving = alive.giveAfter(() => end.promise, noLog, never).then(() => (isOver = true));
  while (said() === undefined) await new Promise(setImmediate);
  assert.equal(isOver, false);
  end.resolve();
  await giving;
  assert.ok(isOver);
});
