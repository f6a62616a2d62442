import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { after, before, test } from 'node:test';
import { ExternalError } from '../../src/util/errors.ts';
import { close, listen } from '../standins/listen.ts';
import { createWorld, forever, TOKEN } from './world.ts';
import type { World } from './world.ts';

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world?.stop());

const request = () => ({ caCertificates: world.client.authority.ca, quota: 'me', signal: forever });

test('an answer without end is cut off', async () => {
  world.github.fail({ status: 200, body: 'x'.repeat(2 * 1024 * 1024), times: 1 });
  const asked = world.http(`${world.github.apiUrl}/x`, request());
  await assert.rejects(asked, (error) => error instanceof ExternalError && error.message.endsWith('too large'));
});

test('http is refused before anything is sent', async () => {
  const asked = world.http(world.github.apiUrl.replace('https:', 'http:'), request());
  await assert.rejects(asked, (error) => error instanceof ExternalError && /http is refused/.test(error.message));
  assert.equal(world.github.requests().filter(({ path }) => path === '/api/v3').length, 0);
});

test('credentials follow a redirect on the same host, and to no other', async (t) => {
  const { cert, key } = await world.client.authority.issue('other', { hosts: ['localhost'] });
  const seen: unknown[] = [];
  const server = createServer({ cert, key }, ({ headers }, response) => {
    seen.push(headers.authorization);
    response.end();
  });
  const port = await listen(server, '127.0.0.1', 0);
  t.after(() => close(server));
  for (const location of [`https://localhost:${port}/`, `${world.github.apiUrl}/rate_limit`]) {
    world.github.fail({ status: 307, headers: { location }, times: 1 });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await world.http(`${world.github.apiUrl}/x`, { ...request(), headers });
    assert.equal(response.status, 200);
    await response.text();
  }
  assert.deepEqual(seen, [undefined]);
  assert.equal(world.github.requests().at(-1)?.authorised, true);
});
