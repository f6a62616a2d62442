import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTrees, fetchTree } from '../../src/sources/checkout.ts';
import { createGit } from '../../src/sources/git.ts';
import { createSite, texts } from './checkout-site.ts';
import type { Site } from './checkout-site.ts';
import { createWorld, forever } from './world.ts';
import type { World } from './world.ts';

let world: World;
let site: Site;
before(async () => {
  world = await createWorld();
});
after(() => world?.stop());
beforeEach(async () => {
  site = await createSite(world);
});

const MIB = 1024 * 1024;

/** What does not get smaller. */
const noise = (bytes: number): Uint8Array => randomBytes(bytes);

const posts = (): number => world.github.requests().filter(({ method }) => method === 'POST').length;

/** Bytes in the work folder. */
function stored(directory = site.git.directory): number {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.reduce((sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

test('O04 a repository of 10,000 files and 200 MB: what comes is the list of files, and what is in the folder', async () => {
  // git is not to look for likenesses in what has none.
  for (const [name, value] of [
    ['core.compression', '0'],
    ['core.bigFileThreshold', '1m'],
  ] as const) {
    execFileSync('git', ['--git-dir', site.shop.path, 'config', name, value]);
  }
  const list: Record<string, string> = {};
  for (let at = 0; at < 10_000; at += 1) list[`src/part-${at % 100}/file-${at}.txt`] = `${at}`;
  const files = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`assets/${at}.bin`, noise(10 * MIB)]));
  await site.shop.commit(files, 'assets');
  const commit = await site.shop.commit({ ...list, 'deploy/1-a/10-x.yml': 'mine' });
  const there = execFileSync('du', ['-sm', site.shop.path], { encoding: 'utf8' });
  assert.ok(Number.parseInt(there, 10) > 200, `the repository has ${there.trim()}`);
  assert.deepEqual(texts(await site.fetch(commit)), { 'deploy/1-a/10-x.yml': 'mine' });
  assert.ok(stored() < 2 * MIB, `${stored()} bytes are in the work folder`);
  const blobs = [...site.objects().values()].filter((object) => object.startsWith('blob'));
  assert.deepEqual(blobs, ['blob 4']);
});

test('O04 10,000 files in the folder: a thousand a request, and what came before the link broke is not fetched again', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, at) => [`deploy/${(at % 100) + 1}-g/${at + 1}-x.yml`, `file ${at}`]),
  );
  const commit = await site.shop.commit(files);
  // The commit's negotiation and its pack, then four requests for contents.
  let left = 6;
  world.github.fail({ match: ({ method }) => method === 'POST' && (left -= 1) < 0, reset: true });
  assert.match(await site.reason(commit), /connection broken before the answer$/);
  const before = [...site.objects().values()].filter((object) => object.startsWith('blob')).length;
  assert.ok(before >= 3000 && before < 10_000, `${before} of 10,000 came`);
  world.github.fail(undefined);
  const from = posts();
  assert.equal((await site.fetch(commit)).files.length, 10_000);
  assert.ok(posts() - from <= (2 * (10_000 - before)) / 1000 + 2, `${posts() - from} requests`);
  assert.equal(site.packed() < 11_000, true, 'nothing was sent twice');
});

test('O04 a slow link takes its time and says how far it is; one that is cut leaves nothing behind', async () => {
  const commit = await site.shop.commit({ 'deploy/1-a/10-x.yml': noise(MIB) });
  const told: string[] = [];
  const git = createGit({ folder: join(site.git.folder, 'slow'), path: process.env['PATH'] ?? '' });
  world.github.fail({ match: ({ method }) => method === 'POST', rate: 150_000 });
  const answer = fetchTree(git, site.settings(), commit, forever);
  const watch = setInterval(() => told.push(git.busy() ?? ''), 200);
  const tree = await answer;
  clearInterval(watch);
  assert.ok(tree.known, tree.known ? '' : tree.reason);
  world.github.fail(undefined);
  const said = told.filter((line) => line !== '');
  assert.match(said.at(-1) ?? '', /^git fetches from 127\.0\.0\.1:\d+ since \S+Z: .*\d\.\d MiB came$/);
  assert.equal(git.busy(), undefined);

  const next = await site.shop.commit({ 'deploy/1-a/10-x.yml': noise(MIB) });
  world.github.fail({ match: ({ method }) => method === 'POST', cut: 300_000 });
  const reason = await fetchTree(git, site.settings(), next, forever);
  assert.ok(!reason.known);
  assert.match(reason.reason, /connection broken before the answer$|no usable answer$/);
  world.github.fail(undefined);
  assert.deepEqual(
    readdirSync(join(git.directory, 'objects', 'pack')).filter((name) => name.startsWith('tmp_')),
    [],
  );
  assert.ok((await fetchTree(git, site.settings(), next, forever)).known);
});

test('O04 a link that stands still in the middle is given up, and is taken up again', async () => {
  const commit = await site.shop.commit({ 'deploy/1-a/10-x.yml': noise(MIB) });
  const git = createGit({ folder: join(site.git.folder, 'still'), path: process.env['PATH'] ?? '', stall: 1500 });
  let count = 0;
  world.github.fail({ match: ({ method }) => method === 'POST' && (count += 1) > 1, rate: 1000 });
  const answer = await fetchTree(git, site.settings(), commit, forever);
  world.github.fail(undefined);
  assert.ok(!answer.known);
  assert.match(answer.reason, /^git: timed out, nothing came for 1\.5 s/);
  await sleep(100);
  assert.deepEqual(
    readdirSync(join(git.directory, 'objects', 'pack')).filter((name) => name.startsWith('tmp_')),
    [],
  );
  assert.ok((await fetchTree(git, site.settings(), commit, forever)).known);
});

test('O04 more than may come is cut off, said, and not fetched again until something else is there', async () => {
  const git = createGit({ folder: join(site.git.folder, 'bound'), path: process.env['PATH'] ?? '', most: 2 * MIB });
  const treeOf = createTrees(git);
  const small = { 'deploy/1-a/10-x.yml': 'small' };
  const large = await site.shop.commit({ ...small, 'deploy/1-a/20-y.yml': noise(12 * MIB) });
  // Slow enough to be looked at, which is done once a second.
  world.github.fail({ match: ({ method }) => method === 'POST', rate: 2 * MIB });
  const refused = await treeOf(site.settings(), large, forever);
  world.github.fail(undefined);
  assert.ok(!refused.known);
  assert.match(refused.reason, /^acme\/shop-\d+ holds too much: more than 2 MiB came .* take large files out/);
  assert.ok(stored(git.directory) < 2 * MIB, 'what had come is gone');
  const from = world.github.requests().length;
  assert.deepEqual(await treeOf(site.settings(), large, forever), refused);
  assert.equal(world.github.requests().length, from, 'nothing was asked');
  const mended = await site.shop.commit({ 'deploy/1-a/20-y.yml': null });
  const tree = await treeOf(site.settings(), mended, forever);
  assert.ok(tree.known);
  assert.deepEqual(texts(tree.value), small);
});
