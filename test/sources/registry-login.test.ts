import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { after, before, beforeEach, test } from 'node:test';
import type { Settings } from '../../src/config/settings.ts';
import { createRegistry } from '../../src/sources/registry.ts';
import type { Registry } from '../../src/sources/registry.ts';
import { close, listen } from '../standins/listen.ts';
import { createWorld, forever, TOKEN } from './world.ts';
import type { World } from './world.ts';

// What docker-registry with a token server of its own does not do: another host for tokens, and Basic.
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

let world: World;
let registry: Registry;

before(async () => {
  world = await createWorld();
});
after(() => world?.stop());
beforeEach(() => {
  registry = createRegistry({ http: world.http, clock: world.clock });
});

test('the token endpoint may be another host; it gets the account and the token, and the registry only the answer', async (t) => {
  const seen: string[] = [];
  const { cert, key } = await world.client.authority.issue('tokens', { hosts: ['localhost'] });
  const server = createServer({ cert, key }, (request, response) => {
    const { authorization = '', host } = request.headers;
    seen.push(`${host?.split(':')[0]} ${request.url} ${authorization.replace(/(?<=Basic )\S+/, atob)}`);
    if (request.url?.startsWith('/token')) return response.end('{"access_token":"bearer-1","expires_in":300}');
    if (authorization === 'Bearer bearer-1') return response.setHeader('docker-content-digest', digest).end();
    const realm = `Bearer realm="https://localhost:${port}/token",service="a b",scope="repository:x:*"`;
    return response.writeHead(401, { 'www-authenticate': realm }).end();
  });
  const port = await listen(server, '127.0.0.1', 0);
  t.after(() => close(server));
  const settings = world.settings({ registry: 'r.test', registryUrl: `https://localhost:${port}`, imageAccount: 'me' });
  assert.deepEqual(await registry.digestOf(settings, 'r.test/acme/shop:main', forever), { known: true, value: digest });
  world.clock.at += 200_000;
  assert.deepEqual(await registry.digestOf(settings, 'r.test/acme/shop:main', forever), { known: true, value: digest });
  const manifest = 'localhost /v2/acme/shop/manifests/main';
  assert.deepEqual(seen, [
    `${manifest} `,
    `localhost /token?service=a+b&scope=repository%3Aacme%2Fshop%3Apull Basic me:${TOKEN}`,
    `${manifest} Bearer bearer-1`,
    `${manifest} Bearer bearer-1`,
  ]);
});

test('a registry that wants Basic gets it; without a token that is said', async (t) => {
  const { cert, key } = await world.client.authority.issue('basic', { hosts: ['127.0.0.1'] });
  const server = createServer({ cert, key }, (request, response) => {
    if (request.headers.authorization === `Basic ${btoa(`acme:${TOKEN}`)}`) {
      return response.setHeader('docker-content-digest', digest).end();
    }
    return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
  });
  const port = await listen(server, '127.0.0.1', 0);
  t.after(() => close(server));
  const settings = world.settings({ registry: 'r.test', registryUrl: `https://127.0.0.1:${port}` });
  const digestOf = (changes: Partial<Settings>) =>
    registry.digestOf({ ...settings, ...changes }, 'r.test/a/b:main', forever);
  assert.deepEqual(await digestOf({}), { known: true, value: digest });
  for (const packageCheckerToken of [undefined, 'wrong-token']) {
    const answer = await digestOf({ packageCheckerToken });
    assert.match(answer.known ? '' : answer.reason, /without a token|refused the token/);
  }
});
