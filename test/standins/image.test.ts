import assert from 'node:assert/strict';
import { mkdtemp, readlink, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { command } from '../cluster/command.ts';
import { buildImage } from './image.ts';

const entrypoint = ['/bin/sh', '-c', 'exec sleep 1000'];

interface ImageManifest {
  config: { digest: string };
  layers: { digest: string }[];
}

test('an image unpacks to busybox, its links, the version and what was added', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ordo-image-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const image = await buildImage({
    name: 'ghcr.io/acme/shop:1.0',
    version: 'seven',
    entrypoint,
    files: { 'etc/motd': 'hello\n' },
    user: '1000:1000',
  });
  assert.deepEqual([image.repository, image.tag], ['acme/shop', '1.0']);
  const { config, layers } = JSON.parse(String(image.manifests[0]?.bytes)) as ImageManifest;
  for (const { digest } of layers) {
    const file = join(folder, 'layer.tar');
    await writeFile(file, image.blobs.get(digest) ?? '');
    await command('tar', ['-x', '-f', file, '-C', folder]);
  }
  assert.equal(await readFile(join(folder, 'version'), 'utf8'), 'seven\n');
  assert.equal(await readFile(join(folder, 'etc/motd'), 'utf8'), 'hello\n');
  assert.equal(await readlink(join(folder, 'bin/sh')), 'busybox');
  assert.equal(await command(join(folder, 'bin/sh'), ['-c', 'echo ran']), 'ran');
  assert.equal((await stat(join(folder, 'tmp'))).mode & 0o7777, 0o1777);
  const settings = JSON.parse(String(image.blobs.get(config.digest))) as Record<string, unknown>;
  assert.deepEqual(settings['config'], { Entrypoint: entrypoint, Env: ['PATH=/bin'], User: '1000:1000' });
  assert.deepEqual([settings['os'], settings['architecture']], ['linux', 'amd64']);
});

test('all images share the layer with the program', async () => {
  const [one, two] = await Promise.all(
    ['1', '2'].map((version) => buildImage({ name: `ghcr.io/acme/a${version}:x`, version, entrypoint })),
  );
  const big = (blobs: ReadonlyMap<string, Buffer>) => [...blobs].filter(([, bytes]) => bytes.length > 100_000);
  assert.deepEqual(
    big(one?.blobs ?? new Map()).map(([digest]) => digest),
    big(two?.blobs ?? new Map()).map(([digest]) => digest),
  );
  assert.notEqual(one?.index.digest, two?.index.digest);
});

test('an image needs a tag', async () => {
  await assert.rejects(buildImage({ name: 'ghcr.io/acme/shop', version: '1', entrypoint }), /has no tag/);
});
