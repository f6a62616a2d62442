import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Settings } from '../../src/config/settings.ts';
import { createRegistry } from '../../src/sources/registry.ts';
import type { Registry } from '../../src/sources/registry.ts';
import { buildImage } from '../standins/image.ts';
import { startRegistry } from '../standins/registry.ts';
import type { Registry as StandIn } from '../standins/registry.ts';
import { closedPort, createWorld, forever, TOKEN } from './world.ts';
import type { World } from './world.ts';

let world: World;
let standIn: StandIn;
let registry: Registry;
let digest: string;

before(async () => {
  world = await createWorld();
  const { work, authority } = world.client;
  standIn = await startRegistry({ work, address: '127.0.0.1', port: 0, authority });
  standIn.addToken(TOKEN, { pull: 'all' });
  await push('acme/private', '1');
  standIn.setPrivate('acme/private', true);
  digest = await push('acme/shop', '1');
});
after(async () => {
  await standIn?.stop();
  await world?.stop();
});
// Nothing is cached or paused from the test before.
beforeEach(() => {
  world.clock.at += 7_200_000;
  registry = createRegistry({ http: world.http, clock: world.clock });
});

async function push(name: string, version: string, tag = 'main'): Promise<string> {
  const image = await buildImage({ name: `${name}:${tag}`, version, entrypoint: ['true'] });
  return (await standIn.push(image)).digest;
}

function ask(name: string, changes: Partial<Settings> = {}, signal = forever) {
  const settings = world.settings({ registry: standIn.host, registryUrl: standIn.url, ...changes });
  return registry.digestOf(settings, `${standIn.host}/${name}`, signal);
}

async function reason(name: string, changes: Partial<Settings> = {}): Promise<string> {
  const answer = await ask(name, changes);
  assert.ok(!answer.known, 'it is known');
  assert.doesNotMatch(answer.reason, /token-that|wrong-token/);
  return answer.reason;
}

async function asked<T>(work: () => Promise<T>) {
  const begin = standIn.requests().length;
  const result = await work();
  const requests = standIn.requests().slice(begin);
  return { result, requests: requests.map(({ method, kind, status }) => `${method} ${kind} ${status}`) };
}

const anonymous = { packageCheckerToken: undefined };

test('the digest of the index that the tag names now, for anybody or with a token', async () => {
  assert.deepEqual(await ask('acme/shop:main', anonymous), { known: true, value: digest });
  assert.deepEqual(await ask('acme/shop:main'), { known: true, value: digest });
  const next = await push('acme/shop', '2');
  assert.notEqual(next, digest);
  assert.deepEqual(await ask('acme/shop:main'), { known: true, value: next });
  digest = next;
});

test('the registry token is kept until it ends: an unchanged image costs one request', async () => {
  const first = await asked(() => ask('acme/shop:main'));
  assert.deepEqual(first.requests, ['HEAD manifest 401', 'GET token 200', 'HEAD manifest 200']);
  assert.deepEqual((await asked(() => ask('acme/shop:main'))).requests, ['HEAD manifest 200']);
  world.clock.at += 49_000;
  assert.deepEqual((await asked(() => ask('acme/shop:main'))).requests, ['HEAD manifest 200']);
  world.clock.at += 2000;
  assert.equal((await asked(() => ask('acme/shop:main'))).requests.length, 3);
});

test('a private image needs a token that may read it', async () => {
  assert.equal((await ask('acme/private:main')).known, true);
  assert.match(
    await reason('acme/private:main', anonymous),
    /^127\.0\.0\.1:\d+ gives acme\/private to nobody without a token: set package-checker-token /,
  );
  assert.match(
    await reason('acme/private:main', { packageCheckerToken: 'wrong-token' }),
    /^127\.0\.0\.1:\d+ refused the token in package-checker-token .* for acme\/private: /,
  );
  standIn.addToken('narrow', { pull: ['acme/other'] });
  assert.match(
    await reason('acme/private:main', { packageCheckerToken: 'narrow' }),
    /refused the token in package-checker-token/,
  );
});

test('a rotated token is used at the next call, and a refused one is not stuck', async () => {
  standIn.addToken('rotated-1', { pull: 'all' });
  assert.equal((await ask('acme/private:main', { packageCheckerToken: 'rotated-1' })).known, true);
  standIn.removeToken('rotated-1');
  standIn.addToken('rotated-2', { pull: 'all' });
  assert.equal((await ask('acme/private:main', { packageCheckerToken: 'rotated-2' })).known, true);
  world.clock.at += 60_000;
  await reason('acme/private:main', { packageCheckerToken: 'rotated-1' });
  standIn.addToken('rotated-1', { pull: 'all' });
  assert.equal((await ask('acme/private:main', { packageCheckerToken: 'rotated-1' })).known, true);
});

test('a missing tag or image is unknown, never "gone"', async () => {
  assert.match(
    await reason('acme/shop:none'),
    /^acme\/shop:none not found at 127\.0\.0\.1:\d+: no image with this tag was pushed/,
  );
  assert.match(await reason('acme/none:main'), /^acme\/none:main not found at |there is no such image$/);
  assert.match(await reason('acme/none:main', anonymous), /or it does not exist$/);
});

test('the token goes to the settings registry alone', async () => {
  const elsewhere = { registry: 'ghcr.io', registryUrl: 'https://ghcr.io' };
  assert.match(await reason('acme/private:main', elsewhere), /to nobody without a token/);
  assert.deepEqual(await ask('acme/shop:main', elsewhere), { known: true, value: digest });
});

test('what is no image name is not asked', async () => {
  for (const name of [
    'acme/shop',
    'UP/x:y',
    '../../x:main',
    'a/../b:main',
    'a?b:main',
    'a:b@c',
    'a b:main',
    'a//b:c',
  ]) {
    const { result, requests } = await asked(() => reason(name));
    assert.match(result, /^not an image name with host and tag: /);
    assert.deepEqual(requests, []);
  }
});

const faults: [string, Parameters<StandIn['fail']>[0], RegExp][] = [
  ['a 500', { status: 500 }, /^127\.0\.0\.1:\d+ answered 500 for acme\/shop:main$/],
  ['a 403', { status: 403 }, /refused the token in package-checker-token/],
  ['a 404', { status: 404 }, /^acme\/shop:main not found/],
  ['a broken connection', { reset: true }, /connection broken before the answer$/],
  ['an answer that does not come', { delay: 2000 }, /timed out after 1 s$/],
  ['no digest', { status: 200 }, /without a usable digest for acme\/shop:main$/],
  ['half a digest', { status: 200, headers: { 'docker-content-digest': 'sha256:abc' } }, /without a usable digest/],
  [
    'a digest of another kind',
    { status: 200, headers: { 'docker-content-digest': `md5:${'a'.repeat(64)}` } },
    /without a usable digest/,
  ],
  [
    'an unknown challenge',
    { status: 401, headers: { 'www-authenticate': 'Negotiate' } },
    /asks for a login that Ordo does not know$/,
  ],
  ['no challenge', { status: 401 }, /asks for a login that Ordo does not know$/],
  [
    'a token endpoint over http',
    { status: 401, headers: { 'www-authenticate': 'Bearer realm="http://127.0.0.1/t",service="x"' } },
    /names a token endpoint that is not https$/,
  ],
  [
    'a token endpoint that is no address',
    { status: 401, headers: { 'www-authenticate': 'Bearer realm="x"' } },
    /not https$/,
  ],
  [
    'a token endpoint in trouble',
    { match: ({ path }) => path.startsWith('/token'), status: 502 },
    /answered 502 when asked for a token$/,
  ],
  [
    'a token endpoint without a token',
    { match: ({ path }) => path.startsWith('/token'), status: 200, body: '{}' },
    /answered without a token$/,
  ],
  [
    'a token of two lines',
    { match: ({ path }) => path.startsWith('/token'), status: 200, body: '{"token":"a\\nb"}' },
    /answered without a token$/,
  ],
  [
    'a token endpoint without JSON',
    { match: ({ path }) => path.startsWith('/token'), status: 200, body: '<html>' },
    /answered without a token$/,
  ],
];

for (const [name, fault, wanted] of faults) {
  test(`${name} is unknown, and forgotten when it is over`, async () => {
    standIn.fail(fault);
    assert.match(await reason('acme/shop:main'), wanted);
    standIn.fail(undefined);
    assert.deepEqual(await ask('acme/shop:main'), { known: true, value: digest });
  });
}

test('too many requests: the registry is left alone for as long as it says, for all images', async () => {
  standIn.fail({ status: 429, headers: { 'retry-after': '90' }, times: 1 });
  assert.match(await reason('acme/shop:main'), /^127\.0\.0\.1:\d+ has had too many requests \(429\)/);
  const { result, requests } = await asked(() => reason('acme/private:main'));
  assert.match(result, /wants no requests until/);
  assert.deepEqual(requests, []);
  world.clock.at += 91_000;
  assert.equal((await ask('acme/private:main')).known, true);
});

test('nobody there, a stranger: unknown, in plain words', async () => {
  const closed = await closedPort();
  assert.equal(await reason('acme/shop:main', { registryUrl: `https://${closed}` }), `${closed}: connection refused`);
  assert.match(await reason('acme/shop:main', { caCertificates: undefined }), /^TLS: /);
});

test('an abort ends the request with the reason of the signal', async () => {
  standIn.fail({ delay: 1500, times: 1 });
  const stop = new AbortController();
  const answer = ask('acme/shop:main', {}, stop.signal);
  setTimeout(() => stop.abort(new Error('stopping')), 50);
  await assert.rejects(answer, /^Error: stopping$/);
  standIn.fail(undefined);
});
