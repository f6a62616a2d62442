import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createClient, type Client } from './client.ts';
import { buildImage } from './image.ts';
import { close, listen } from './listen.ts';
import { startRegistry, type Registry } from './registry.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const accept = { accept: `${indexType}, ${manifestType}` };
const entrypoint = ['/bin/busybox', 'sleep', '1000'];

let client: Client;
let registry: Registry;

before(async () => {
  client = await createClient();
  const { work, authority } = client;
  const accounts = { reader: { pull: ['acme/hidden'] }, writer: { pull: [], push: ['acme/shop'] } } as const;
  registry = await startRegistry({ work, address: '127.0.0.1', port: 0, authority, accounts });
});

after(async () => {
  await registry?.stop();
  await client?.stop();
});

test('a public image is pulled with an anonymous token; HEAD gives the digest of its index', async () => {
  const { digest } = await registry.push(await image('shop', '1'));
  const challenge = await head('acme/shop', 'latest');
  assert.equal(challenge.status, 401);
  const realm = `Bearer realm="${registry.url}/token",service="ghcr.io",scope="repository:acme/shop:pull"`;
  assert.equal(challenge.headers['www-authenticate'], realm);

  const { status, token } = await askToken('acme/shop');
  assert.equal(status, 200);
  const found = await head('acme/shop', 'latest', token);
  assert.deepEqual([found.status, found.headers['docker-content-digest']], [200, digest]);
  assert.equal(found.headers['content-type'], indexType);
  assert.equal((await head('acme/shop', 'nothing', token)).status, 404);
  assert.equal((await head('acme/other', 'latest', token)).status, 401);
});

test('the index has a child for each platform, and only a changed child has a new digest', async () => {
  await registry.push(await image('shop', '1'));
  const one = await children('latest');
  assert.deepEqual([...one.keys()], ['linux/amd64', 'linux/arm64']);
  await registry.push(await image('shop', { 'linux/amd64': '1', 'linux/arm64': '2' }));
  const two = await children('latest');
  assert.equal(two.get('linux/amd64'), one.get('linux/amd64'));
  assert.notEqual(two.get('linux/arm64'), one.get('linux/arm64'));

  await registry.push(await image('shop', '1', 'provenance'));
  const three = await children('latest');
  assert.deepEqual([...three.keys()], ['linux/amd64', 'linux/arm64', 'unknown/unknown']);
  assert.equal(three.get('linux/arm64'), one.get('linux/arm64'));
});

test('equal images have equal digests, and pushing one again changes nothing', async () => {
  const one = await registry.push(await image('shop', '7'));
  const two = await registry.push(await image('shop', '7'));
  const three = await registry.push(await image('shop', '8'));
  assert.equal(one.digest, two.digest);
  assert.notEqual(three.digest, two.digest);
});

test('a private image needs a token that may pull it, as ghcr.io answers', async () => {
  const { digest } = await registry.push(await image('hidden', '1'));
  registry.setPrivate('acme/hidden', true);
  assert.deepEqual(await refused('acme/hidden'), [401, 'UNAUTHORIZED']);
  assert.deepEqual(await refused('acme/hidden', 'unknown'), [403, 'DENIED']);
  assert.deepEqual(await refused('acme/shop', 'unknown'), [403, 'DENIED']);
  assert.deepEqual(await refused('acme/nothing'), [403, 'DENIED']);
  const { token } = await askToken('acme/hidden', 'reader');
  assert.equal((await head('acme/hidden', 'latest', token)).headers['docker-content-digest'], digest);

  registry.removeToken('reader');
  assert.deepEqual(await refused('acme/hidden', 'reader'), [403, 'DENIED']);
  registry.addToken('reader', { pull: 'all' });
  assert.equal((await askToken('acme/hidden', 'reader')).status, 200);
  registry.setPrivate('acme/hidden', false);
  assert.equal((await askToken('acme/hidden')).status, 200);
});

test('only an account with push gets a token to push', async () => {
  assert.deepEqual(await refused('acme/shop', undefined, 'pull,push'), [401, 'UNAUTHORIZED']);
  assert.deepEqual(await refused('acme/shop', 'reader', 'pull,push'), [403, 'DENIED']);
  assert.equal((await askToken('acme/shop', 'writer', 'pull,push')).status, 200);
});

test('a token signed with another key is not taken', async () => {
  const { token } = await askToken('acme/shop');
  const forged = `${token.slice(0, -8)}AAAAAAAA`;
  assert.equal((await head('acme/shop', 'latest', forged)).status, 401);
});

test('the log tells who asked for which manifest and blob, not what the handle pushed', async () => {
  const start = registry.requests().length;
  const { digest } = await registry.push(await image('logged', '1'));
  assert.equal(registry.requests().length, start);
  const { token } = await askToken('acme/logged');
  await head('acme/logged', digest, token);
  const index = await manifest('acme/logged', digest, token);
  await client.ask(`${registry.url}/v2/acme/logged/blobs/${digest}`, bearer(token));
  assert.equal(`sha256:${createHash('sha256').update(index.body).digest('hex')}`, digest);
  assert.deepEqual(
    registry
      .requests()
      .slice(start)
      .map(({ method, kind, repository, reference, status }) => [method, kind, repository, reference, status]),
    [
      ['GET', 'token', 'acme/logged', '', 200],
      ['HEAD', 'manifest', 'acme/logged', digest, 200],
      ['GET', 'manifest', 'acme/logged', digest, 200],
      ['GET', 'blob', 'acme/logged', digest, 404],
    ],
  );
});

test("a registry begins with another one's storage, which stays as it is", async () => {
  const { digest } = await registry.push(await image('stored', '1'));
  const { work, authority } = client;
  const storage = join(work, 'registry', 'storage');
  const options = { work: join(work, 'second'), address: '127.0.0.1', port: 0, authority, storage };
  const second = await startRegistry(options);
  await second.push(await image('later', '1'));
  const read = async (url: string): Promise<unknown> => {
    const { body } = await client.ask(`${url}/token?scope=repository:acme/stored:pull`);
    const { token } = JSON.parse(body) as { token: string };
    const reply = await client.ask(`${url}/v2/acme/stored/manifests/latest`, bearer(token), 'HEAD');
    return reply.headers['docker-content-digest'];
  };
  assert.equal(await read(second.url), digest);
  const { digest: other } = await second.push(await image('stored', '2'));
  assert.equal(await read(second.url), other);
  await second.stop();
  assert.equal(await read(registry.url), digest);
  assert.deepEqual(await refused('acme/later'), [403, 'DENIED']);
});

test('whoever asks while it starts is answered once it is there, and not left waiting', async () => {
  const { work, authority } = client;
  const place = createServer();
  const port = await listen(place, '127.0.0.1', 0);
  await close(place);
  const starting = startRegistry({ work: join(work, 'third'), address: '127.0.0.1', port, authority });
  const ask = (): Promise<number> =>
    client.ask(`https://127.0.0.1:${port}/v2/`).then(
      ({ status }) => status,
      () => 0,
    );
  const late = setTimeout(5000, 'never answered', { ref: false });
  // Refused until the port is open, which it is before the registry is there.
  let first: number | string = 0;
  while (first === 0) first = await Promise.race([ask(), late]);
  const third = await starting;
  await third.stop();
  assert.equal(first, 401);
});

test('faults: an outage of the registry, not of its token server', async () => {
  registry.fail({ status: 503, match: ({ path }) => path.includes('/manifests/'), times: 1 });
  const { token } = await askToken('acme/shop');
  assert.equal((await head('acme/shop', 'latest', token)).status, 503);
  assert.equal((await head('acme/shop', 'latest', token)).status, 200);
});

async function image(name: string, version: string | Record<string, string>, attestation?: string) {
  const options = { name: `ghcr.io/acme/${name}:latest`, version, entrypoint };
  return buildImage(attestation === undefined ? options : { ...options, attestation });
}

function head(repository: string, reference: string, token?: string) {
  return client.ask(`${registry.url}/v2/${repository}/manifests/${reference}`, bearer(token), 'HEAD');
}

function manifest(repository: string, reference: string, token: string) {
  return client.ask(`${registry.url}/v2/${repository}/manifests/${reference}`, bearer(token));
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? accept : { ...accept, authorization: `Bearer ${token}` };
}

async function askToken(repository: string, password?: string, actions = 'pull') {
  const query = `service=ghcr.io&scope=repository:${repository}:${actions}`;
  const basic = `Basic ${Buffer.from(`user:${password}`).toString('base64')}`;
  const headers = password === undefined ? {} : { authorization: basic };
  const { status, body } = await client.ask(`${registry.url}/token?${query}`, headers);
  return { status, token: '', errors: [], ...(JSON.parse(body) as { token?: string; errors?: { code: string }[] }) };
}

async function refused(repository: string, password?: string, actions?: string) {
  const { status, errors } = await askToken(repository, password, actions);
  return [status, errors[0]?.code];
}

async function children(tag: string) {
  const { token } = await askToken('acme/shop');
  const { body } = await manifest('acme/shop', tag, token);
  const index = JSON.parse(body) as { manifests: { digest: string; platform: { os: string; architecture: string } }[] };
  return new Map(
    index.manifests.map(({ digest, platform: { os, architecture } }) => [`${os}/${architecture}`, digest]),
  );
}
