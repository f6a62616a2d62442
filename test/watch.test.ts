import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { ApiError, type Client, type WatchEvent } from '../src/cluster/client.ts';
import type { Metadata } from '../src/cluster/metadata.ts';
import { watchMetadata } from '../src/cluster/watch.ts';
import { createRest } from '../src/util/rest.ts';

/** What an API server does with the objects of one path, as far as a watch can tell; and what may happen to it. */
function serverWith({ page = 2 } = {}) {
  const objects = new Map<string, string>();
  let events: { version: number; event: WatchEvent<unknown> }[] = [];
  let version = 1;
  let compacted = 0;
  let faults = 0;
  let news = Promise.withResolvers<void>();
  /** How the watches that run now end: with an error, or as if their time were over. */
  let end: 'cut' | 'over' | undefined;
  const asked: string[] = [];
  let watching = 0;

  const tell = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };
  const write = (type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', name: string): void => {
    version += 1;
    const event = { type, object: { metadata: { name, resourceVersion: String(version) } } };
    events.push({ version, event });
    if (type === 'DELETED') objects.delete(name);
    else if (type !== 'BOOKMARK') objects.set(name, String(version));
    tell();
  };
  const stumble = (): void => {
    if (faults === 0) return;
    faults -= 1;
    throw new ApiError(503, 'ServiceUnavailable', 'it starts');
  };
  const forgotten = { type: 'ERROR' as const, object: { code: 410, message: 'too old resource version' } };

  const client: Pick<Client, 'get' | 'watch'> = {
    async get<T>(path: string) {
      await turn();
      asked.push('list');
      stumble();
      const { searchParams: query } = new URL(path, 'https://server');
      const [after = '', at = String(version)] = (query.get('continue') ?? '').split('@').filter(Boolean);
      if (Number(at) < compacted) throw new ApiError(410, 'Expired', 'the page is too old');
      const names = [...objects.keys()].sort().filter((one) => one > after);
      const items = names.slice(0, page).map((one) => ({ metadata: { name: one, resourceVersion: objects.get(one) } }));
      const more = names.length > page ? { continue: `${names[page - 1]}@${at}` } : {};
      return { metadata: { resourceVersion: at, ...more }, items } as T;
    },
    async *watch<T>(path: string, stop: AbortSignal) {
      await turn();
      let at = Number(new URL(path, 'https://server').searchParams.get('resourceVersion'));
      asked.push(`watch from ${at}`);
      stumble();
      while (!stop.aborted) {
        if (at < compacted) return yield forgotten as WatchEvent<T>;
        const next = events.find((one) => one.version > at);
        if (next) {
          at = next.version;
          yield next.event as WatchEvent<T>;
          continue;
        }
        const stopped = Promise.withResolvers<void>();
        stop.addEventListener('abort', () => stopped.resolve(), { once: true });
        watching += 1;
        await Promise.race([news.promise, stopped.promise]);
        watching -= 1;
        if (end === 'cut') throw new Error('ECONNRESET');
        if (end === 'over') return;
      }
    },
  };
  const closing = async (how: typeof end): Promise<void> => {
    end = how;
    tell();
    await turn();
    end = undefined;
  };
  return {
    client: client as Client,
    objects,
    asked,
    /** How many watches wait for news. */
    watching: () => watching,
    write,
    close: closing,
    /** The server forgets what was until now; watches that have fallen behind are told so. */
    compact() {
      compacted = version;
      events = [];
      tell();
    },
    refuse: (times: number) => void (faults = times),
  };
}

/** Follows a server as the watches of Ordo do: what is known is replaced by each list, as soon as that is complete. */
function follow(client: Client) {
  const rest = createRest();
  const end = new AbortController();
  let known = new Map<string, string>();
  let listing: Map<string, string> | undefined;
  const clock = { now: () => new Date(), sleep: () => turn<void>() };
  const over = watchMetadata(
    client,
    { path: '/objects', clock, random: () => 0.5, rest, signal: end.signal },
    {
      began: () => void (listing = new Map()),
      seen: ({ name, resourceVersion = '' }: Metadata) => void (listing ?? known).set(name, resourceVersion),
      gone: ({ name }) => void known.delete(name),
      listed: () => void ([known, listing] = [listing ?? known, undefined]),
      trouble: () => undefined,
    },
  );
  const stop = async (): Promise<void> => {
    end.abort(new Error('the test is over'));
    await over;
  };
  return { known: () => known, rest, stop };
}

const sorted = (map: Map<string, string>): string => JSON.stringify([...map].sort(([a], [b]) => (a < b ? -1 : 1)));

async function settle(isSo: () => boolean): Promise<boolean> {
  for (let turns = 0; turns < 200; turns += 1) {
    if (isSo()) return true;
    await turn();
  }
  return false;
}

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('put' as const, 'delete' as const), name }) },
  fc.record({ what: fc.constantFrom('bookmark', 'cut', 'over', 'compact', 'rest', 'pause', 'behind') }),
  fc.record({ what: fc.constant('refuse' as const), times: fc.integer({ min: 1, max: 3 }) }),
);

test('J04 whatever happens to a watch, what is known in the end is what is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 25 }), async (happenings) => {
      const server = serverWith();
      for (const one of ['a', 'b', 'c']) server.write('ADDED', one);
      const { known, rest, stop } = follow(server.client);
      for (const one of happenings) {
        if ('times' in one) server.refuse(one.times);
        else if ('name' in one) server.write(one.what === 'put' ? 'MODIFIED' : 'DELETED', one.name);
        else if (one.what === 'cut' || one.what === 'over') await server.close(one.what);
        else if (one.what === 'compact') server.compact();
        else if (one.what === 'rest') await rest.during(async () => server.write('MODIFIED', 'rested'));
        else if (one.what === 'bookmark') server.write('BOOKMARK', '');
        else if (one.what === 'pause') await turn();
        else {
          // The stream is cut, and by the time it comes back etcd knows only what is there.
          await server.close('cut');
          server.write('DELETED', 'a');
          server.compact();
        }
      }
      const isSame = await settle(() => sorted(known()) === sorted(server.objects));
      await stop();
      assert.ok(isSame, `${sorted(known())} is not ${sorted(server.objects)}`);
    }),
    { numRuns: 300 },
  );
});

test('J04 a watch that ends or is cut goes on where it was; only one whose place is forgotten lists anew', async (t) => {
  const server = serverWith({ page: 10 });
  const { known, stop } = follow(server.client);
  t.after(stop);
  const isSame = (): boolean => sorted(known()) === sorted(server.objects);
  for (const [index, how] of (['over', 'cut'] as const).entries()) {
    assert.ok(await settle(() => server.watching() === 1));
    server.write('ADDED', how);
    assert.ok(await settle(isSame));
    await server.close(how);
    assert.ok(await settle(() => server.asked.length === 3 + index));
  }
  assert.deepEqual(server.asked, ['list', 'watch from 1', 'watch from 2', 'watch from 3']);
  assert.ok(await settle(() => server.watching() === 1));
  await server.close('cut');
  server.write('DELETED', 'cut');
  server.compact();
  assert.ok(await settle(isSame));
  assert.ok(server.asked.slice(4).includes('list'));
});

test('J04 during a rollout nothing is heard, afterwards all of it, and the watch is the same one', async (t) => {
  const server = serverWith();
  const { known, rest, stop } = follow(server.client);
  t.after(stop);
  assert.ok(await settle(() => server.watching() === 1));
  const rollout = Promise.withResolvers<void>();
  const over = rest.during(() => rollout.promise);
  server.write('ADDED', 'one');
  server.write('ADDED', 'two');
  assert.ok(!(await settle(() => known().size > 0)));
  rollout.resolve();
  await over;
  assert.ok(await settle(() => sorted(known()) === sorted(server.objects)));
  assert.deepEqual(server.asked, ['list', 'watch from 1']);
});

test('J04 a watch that has been silent for three minutes is opened anew', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const server = serverWith();
  t.after(follow(server.client).stop);
  assert.ok(await settle(() => server.watching() === 1));
  t.mock.timers.tick(170_000);
  server.write('BOOKMARK', '');
  await turn();
  t.mock.timers.tick(170_000);
  assert.ok(!(await settle(() => server.asked.length > 2)), 'a bookmark is a sign of life');
  t.mock.timers.tick(10_000);
  assert.ok(await settle(() => server.asked.length === 3), server.asked.join());
});
