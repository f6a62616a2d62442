import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchTree } from '../../src/sources/checkout.ts';
import { createGit } from '../../src/sources/git.ts';
import { createSite, texts } from './checkout-site.ts';
import type { Site } from './checkout-site.ts';
import { closedPort, createWorld, forever, TOKEN } from './world.ts';
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

/** What /proc says of each process. */
function processes(what: 'cmdline' | 'environ'): string[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.map((id) => {
    try {
      return readFileSync(`/proc/${id}/${what}`, 'utf8');
    } catch {
      return '';
    }
  });
}

test('a public repository needs no token; a private one says what it needs', async () => {
  const open = await world.github.createRepository('acme', 'open');
  const commit = await open.commit({ 'deploy/x.yml': '1' });
  const repository = { owner: 'acme', name: open.name };
  assert.deepEqual(texts(await site.fetch(commit, { repository, cloneYamlToken: undefined })), { 'deploy/x.yml': '1' });
  const hidden = await site.shop.commit({ 'deploy/x.yml': 'hidden' });
  assert.match(
    await site.reason(hidden, { cloneYamlToken: undefined }),
    /^repository acme\/shop-\d+ not found, or it is private and no clone-yaml-token /,
  );
  assert.match(
    await site.reason(hidden, { cloneYamlToken: 'wrong-token' }),
    /^Bad credentials: .* refused the token in clone-yaml-token /,
  );
  world.github.addToken('narrow', { repositories: ['acme/other'] });
  assert.match(
    await site.reason(hidden, { cloneYamlToken: 'narrow' }),
    /^repository acme\/shop-\d+ not found, or the token in clone-yaml-token .* may not read it$/,
  );
  assert.equal((await site.fetch(hidden)).folder, 'present');
});

test('#29 a rotated token is used at the next call', async () => {
  world.github.addToken('rotated-1');
  const first = await site.shop.commit({ 'deploy/x.yml': '1' });
  await site.fetch(first, { cloneYamlToken: 'rotated-1' });
  world.github.removeToken('rotated-1');
  world.github.addToken('rotated-2');
  const second = await site.shop.commit({ 'deploy/x.yml': '2' });
  assert.match(await site.reason(second, { cloneYamlToken: 'rotated-1' }), /^Bad credentials/);
  assert.equal((await site.fetch(second, { cloneYamlToken: 'rotated-2' })).commit, second);
});

test('#29 the token is neither on disk nor among the arguments of any process', async () => {
  const commit = await site.shop.commit({ 'deploy/x.yml': '1' });
  const basic = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
  const seen = new Set<string>();
  const watch = setInterval(() => processes('cmdline').forEach((line) => seen.add(line)), 2);
  // Slow enough to be looked at.
  world.github.fail({ delay: 150 });
  await site.fetch(commit);
  world.github.fail(undefined);
  clearInterval(watch);
  assert.ok(
    [...seen].some((line) => line.includes('git-remote-https') || line.includes('remote-https')),
    'nothing was seen',
  );
  for (const line of seen) assert.ok(!line.includes(TOKEN) && !line.includes(basic), line);
  const found = readdirSync(site.git.folder, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(site.git.folder, name),
  );
  const contents = found.filter((name) => statSync(name).isFile()).map((name) => readFileSync(name));
  assert.ok(contents.length > 5);
  for (const content of contents) assert.ok(!content.includes(TOKEN) && !content.includes(basic));
});

test('a damaged work folder is made anew', async () => {
  const commit = await site.shop.commit({ 'deploy/x.yml': '1' });
  const damages: Record<string, () => void> = {
    'a pack is cut': () => site.packs('.pack').forEach((file) => truncateSync(file, 20)),
    'packs are gone': () => site.packs('').forEach((file) => rmSync(file)),
    'HEAD is gone': () => rmSync(join(site.git.directory, 'HEAD')),
    'a lock is left and the ref is gone': () => {
      writeFileSync(join(site.git.directory, 'shallow.lock'), '');
      rmSync(join(site.git.directory, 'refs', 'ordo', 'head'));
    },
    'the configuration is rubbish': () => writeFileSync(join(site.git.directory, 'config'), '[[['),
    'the shallow file is rubbish': () => writeFileSync(join(site.git.directory, 'shallow'), 'x\n'),
    'all of it is gone': () => rmSync(site.git.folder, { recursive: true }),
  };
  for (const [name, damage] of Object.entries(damages)) {
    await site.fetch(commit);
    damage();
    assert.deepEqual(texts(await site.fetch(commit)), { 'deploy/x.yml': '1' }, name);
  }
});

test('packs do not pile up', async () => {
  await site.fetch(await site.shop.commit({ 'deploy/x.yml': '0' }));
  const folder = join(site.git.directory, 'objects', 'pack');
  for (let n = 0; n < 100; n += 1) writeFileSync(join(folder, `pack-${n}.pack`), '');
  const commit = await site.shop.commit({ 'deploy/x.yml': '1' });
  assert.deepEqual(texts(await site.fetch(commit)), { 'deploy/x.yml': '1' });
  assert.equal(site.packs('.pack').length, 2);
});

test('what cannot be had is unknown, in plain words, and a network failure leaves the work folder as it is', async () => {
  const commit = await site.shop.commit({ 'deploy/x.yml': '1' });
  await site.fetch(commit);
  const mark = join(site.git.directory, 'mark');
  writeFileSync(mark, '');
  const next = await site.shop.commit({ 'deploy/x.yml': '2' });
  assert.equal(await site.reason('1'.repeat(40)), `the commit is not in acme/${site.shop.name} any more`);
  assert.equal(await site.reason('--upload-pack=x'), 'not a commit id: --upload-pack=x');
  world.github.fail({ status: 503 });
  assert.match(await site.reason(next), /^127\.0\.0\.1:\d+ answered 503$/);
  world.github.fail({ reset: true });
  assert.match(await site.reason(next), /connection broken before the answer$/);
  world.github.fail({ status: 200, body: 'not git' });
  assert.match(await site.reason(next), /answered something that is not git$/);
  world.github.fail({
    status: 302,
    headers: { location: 'http://127.0.0.1/acme/shop.git/info/refs?service=git-upload-pack' },
  });
  assert.match(await site.reason(next), /a redirect to http is refused$/);
  world.github.fail(undefined);
  const closed = await closedPort();
  assert.equal(
    await site.reason(next, { gitUrl: `https://${closed}` }),
    `${closed}: connection refused, or no route to it`,
  );
  assert.match(await site.reason(next, { caCertificates: undefined }), /^TLS: 127\.0\.0\.1:\d+ is not accepted/);
  assert.deepEqual(texts(await site.fetch(next)), { 'deploy/x.yml': '2' });
  assert.ok(existsSync(mark));
});

test('a repository whose contents cannot be fetched is unknown, not empty', async () => {
  const commit = await site.shop.commit({ 'deploy/x.yml': '1' });
  let posts = 0;
  world.github.fail({ match: ({ method }) => method === 'POST' && (posts += 1) > 1, status: 500 });
  assert.match(await site.reason(commit), /answered 500$|no usable answer$/);
  world.github.fail(undefined);
  assert.deepEqual(texts(await site.fetch(commit)), { 'deploy/x.yml': '1' });
});

test('a host that takes the connection and says nothing is given up, and no helper of git is left', async (t) => {
  const server = createServer(() => {});
  t.after(() => server.close());
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  const settings = site.settings({ gitUrl: `https://127.0.0.1:${port}` });
  const options = { folder: join(site.git.folder, 'silent'), path: process.env['PATH'] ?? '' };
  const impatient = createGit({ ...options, stall: 300 });
  const answer = await fetchTree(impatient, settings, '1'.repeat(40), forever);
  assert.deepEqual(answer, { known: false, reason: 'git: timed out, nothing came for 0.3 s' });
  await noneLeft();

  const stop = new AbortController();
  const aborted = fetchTree(createGit(options), settings, '1'.repeat(40), stop.signal);
  server.once('connection', () => stop.abort(new Error('stopping')));
  await assert.rejects(aborted, /^Error: stopping$/);
  await noneLeft();

  // A process that was killed may be seen for a moment yet.
  async function noneLeft(): Promise<void> {
    const isOurs = (text: string) => text.includes(`GIT_DIR=${impatient.directory}\0`);
    for (let round = 0; round < 40 && processes('environ').some(isOurs); round += 1) await sleep(50);
    assert.ok(!processes('environ').some(isOurs));
  }
});

test('a work folder that cannot be written is said', async () => {
  writeFileSync(join(site.git.folder, '..', 'taken'), '');
  const git = createGit({ folder: join(site.git.folder, '..', 'taken'), path: process.env['PATH'] ?? '' });
  const answer = await fetchTree(git, site.settings(), '1'.repeat(40), forever);
  assert.ok(!answer.known);
  assert.match(answer.reason, /^git: .*ENOTDIR/);
});

test('no git on the machine is said', async () => {
  const lost = createGit({ folder: join(site.git.folder, 'lost'), path: '/nonexistent' });
  const answer = await fetchTree(lost, site.settings(), '1'.repeat(40), forever);
  assert.deepEqual(answer, { known: false, reason: 'git is not installed' });
});

test('an abort ends the fetch with the reason of the signal, and the next call works', async () => {
  const commit = await site.shop.commit({ 'deploy/x.yml': '1' });
  world.github.fail({ delay: 3000, times: 1 });
  const stop = new AbortController();
  const begin = performance.now();
  const answer = fetchTree(site.git, site.settings(), commit, stop.signal);
  setTimeout(() => stop.abort(new Error('stopping')), 200);
  await assert.rejects(answer, /^Error: stopping$/);
  assert.ok(performance.now() - begin < 1500);
  world.github.fail(undefined);
  assert.equal((await site.fetch(commit)).commit, commit);
  await assert.rejects(
    fetchTree(site.git, site.settings(), commit, AbortSignal.abort(new Error('stopped'))),
    /^Error: stopped$/,
  );
  assert.ok(existsSync(site.git.directory));
});
