import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createRegistry } from '../../src/sources/registry.ts';
import { buildImage, type ImageOptions } from '../standins/image.ts';
import { startRegistry, type Registry as StandIn } from '../standins/registry.ts';
import { createWorld, forever, TOKEN, type World } from './world.ts';

let world: World;
let standIn: StandIn;
before(async () => {
  world = await createWorld();
  const { work, authority } = world.client;
  standIn = await startRegistry({ work, address: '127.0.0.1', port: 0, authority });
  standIn.addToken(TOKEN, { pull: 'all' });
});
after(async () => {
  await standIn?.stop();
  await world?.stop();
});
beforeEach(() => {
  world.clock.at += 7_200_000;
});

async function push(version: ImageOptions['version'], attestation?: string): Promise<string> {
  const options = { name: 'acme/shop:main', version, entrypoint: ['true'] };
  const image = await buildImage({ ...options, ...(attestation !== undefined && { attestation }) });
  return (await standIn.push(image)).digest;
}

function compare(digests: [string, string], platform = 'linux/amd64') {
  const settings = world.settings({ registry: standIn.host, registryUrl: standIn.url });
  const registry = createRegistry({ http: world.http, clock: world.clock });
  const image = `${standIn.host}/acme/shop:main`;
  return registry.isSameFor(settings, { image, digests, platforms: new Set([platform]) }, forever);
}

test('an index of which only a foreign platform or an attestation changed is the same for this cluster', async () => {
  const first = await push({ 'linux/amd64': '1', 'linux/arm64': '1' });
  const foreign = await push({ 'linux/amd64': '1', 'linux/arm64': '2' });
  const attested = await push({ 'linux/amd64': '1', 'linux/arm64': '1' }, 'signed');
  const own = await push({ 'linux/amd64': '2', 'linux/arm64': '1' });
  assert.equal(new Set([first, foreign, attested, own]).size, 4);
  assert.deepEqual(await compare([first, foreign]), { known: true, value: true });
  assert.deepEqual(await compare([first, foreign], 'linux/arm64'), { known: true, value: false });
  assert.deepEqual(await compare([first, attested]), { known: true, value: true });
  assert.deepEqual(await compare([first, own]), { known: true, value: false });
  assert.deepEqual(await compare([first, own], 'linux/arm64'), { known: true, value: true });
});

test('an index that is gone was another one; a registry that does not answer says nothing', async () => {
  const digest = await push({ 'linux/amd64': '1', 'linux/arm64': '1' });
  const gone = `sha256:${'0'.repeat(64)}`;
  assert.deepEqual(await compare([gone, digest]), { known: true, value: false });
  standIn.fail({ status: 503 });
  const answer = await compare([digest, gone]);
  standIn.fail(undefined);
  assert.match(answer.known ? '' : answer.reason, /answered 503 for acme\/shop@sha256:/);
});
