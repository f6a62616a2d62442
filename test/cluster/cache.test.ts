import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cached, cacheRoot, keepNewest } from './cache.ts';
import { ensurePrerequisites } from './prerequisites.ts';

const name = 'thing-1-any-0';
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-'));
  process.env['XDG_CACHE_HOME'] = folder;
});

after(() => rm(folder, { recursive: true, force: true }));

test('a build that fails or is killed half-way is not taken for a finished one', async () => {
  const broken = cached(name, async (place) => {
    await writeFile(join(place, 'half'), '');
    throw new Error('out of disk');
  });
  await assert.rejects(broken, /out of disk/);

  const script = `const { cached } = await import(${JSON.stringify(import.meta.resolve('./cache.ts'))});
    await cached('${name}', async () => { console.log('building'); await new Promise((r) => setTimeout(r, 60_000)); });`;
  const killed = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(killed.stdout, 'data');
  assert.equal(existsSync(join(cacheRoot(), name)), false);
  killed.kill('SIGKILL');

  // Its lock went with it.
  const place = await cached(name, (built) => writeFile(join(built, 'whole'), ''));
  assert.deepEqual(await readdir(place), ['whole']);
});

test('two runs at once build a thing once', async () => {
  const other = 'thing-2-any-0';
  let builds = 0;
  const build = async (place: string): Promise<void> => writeFile(join(place, 'count'), String((builds += 1)));
  const places = await Promise.all([cached(other, build), cached(other, build)]);
  assert.deepEqual(new Set(places), new Set([join(cacheRoot(), other)]));
  assert.equal(await readFile(join(cacheRoot(), other, 'count'), 'utf8'), '1');
});

test('of what is made anew again and again only the newest stay, and what is in use counts as that', async () => {
  for (const [age, thing] of ['used', 'old', 'young'].entries()) {
    const place = await cached(`some-${thing}`, async () => {});
    await utimes(place, new Date(), Date.now() / 1000 - 60 * (4 - age));
  }
  await mkdir(join(cacheRoot(), 'some-new.building'));
  await keepNewest('some-', join(cacheRoot(), 'some-used'), 2);
  const left = (await readdir(cacheRoot())).filter((one) => one.startsWith('some-') && !one.endsWith('.lock'));
  assert.deepEqual(left.sort(), ['some-new.building', 'some-used', 'some-young']);
});

test('base tools that are missing are all named in one message', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = folder;
  try {
    await assert.rejects(ensurePrerequisites(), /: git; Go 1\.26 or newer; Node 20 or newer with npm$/);
  } finally {
    process.env['PATH'] = path;
  }
});
