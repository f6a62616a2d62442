import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import type { Settings } from '../../src/config/settings.ts';
import { fetchTree } from '../../src/sources/checkout.ts';
import type { Tree } from '../../src/sources/checkout.ts';
import { createGit } from '../../src/sources/git.ts';
import type { Repository } from '../standins/github.ts';
import { closedPort, createWorld, forever, TOKEN } from './world.ts';
import type { World } from './world.ts';

let world: World;
let shop: Repository;
let git: ReturnType<World['git']>;
let names = 0;

before(async () => {
  world = await createWorld();
});
after(() => world?.stop());

beforeEach(async () => {
  shop = await world.github.createRepository('acme', `shop-${(names += 1)}`, { private: true });
  git = world.git();
});

const settings = (changes: Partial<Settings> = {}): Settings =>
  world.settings({ repository: { owner: 'acme', name: shop.name }, ...changes });

async function fetchKnown(commit: string, changes: Partial<Settings> = {}): Promise<Tree> {
  const answer = await fetchTree(git, settings(changes), commit, forever);
  assert.ok(answer.known, answer.known ? '' : answer.reason);
  return answer.value;
}

async function reason(commit: string, changes: Partial<Settings> = {}): Promise<string> {
  const answer = await fetchTree(git, settings(changes), commit, forever);
  assert.ok(!answer.known, 'it is known');
  return answer.reason;
}

const texts = (tree: Tree) =>
  Object.fromEntries(tree.files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString('utf8')]));

async function asked<T>(work: () => Promise<T>) {
  const begin = world.github.requests().length;
  const result = await work();
  return {
    result,
    requests: world.github
      .requests()
      .slice(begin)
      .map(({ method, path }) => `${method} ${path}`),
  };
}

/** The objects that are on disk, as `TYPE SIZE`, by id. */
function objects(): Map<string, string> {
  const args = ['--git-dir', git.directory, 'cat-file', '--batch-all-objects', '--batch-check'];
  const lines = execFileSync('git', args, { encoding: 'utf8' }).trim().split('\n');
  return new Map(lines.map((line) => [line.slice(0, 40), line.slice(41)]));
}

const blobId = (text: string | Buffer): string =>
  createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0`)
    .update(text)
    .digest('hex');

test('the files of the folder at a commit, byte for byte, with their paths in the repository', async () => {
  const binary = Buffer.from([0, 255, 254, 13, 10, 0]);
  const commit = await shop.commit({
    'deploy/1-a/10-x.yml': 'a: 1\r\n',
    'deploy/2-b/20-y.json': binary,
    'deploy/empty.yml': '',
    // What git would do to files of a work tree must not be done.
    '.gitattributes': '* text eol=crlf ident export-ignore\n',
    'deploy/1-a/11-id.yml': '# $Id$\n',
  });
  const tree = await fetchKnown(commit);
  assert.equal(tree.commit, commit);
  assert.equal(tree.folder, 'present');
  assert.deepEqual(
    tree.files.map(({ path, kind }) => [path, kind]),
    [
      ['deploy/1-a/10-x.yml', 'file'],
      ['deploy/1-a/11-id.yml', 'file'],
      ['deploy/2-b/20-y.json', 'file'],
      ['deploy/empty.yml', 'file'],
    ],
  );
  assert.deepEqual(Buffer.from(tree.files[2]?.bytes ?? []), binary);
  assert.equal(texts(tree)['deploy/1-a/11-id.yml'], '# $Id$\n');
});

test('only what is under exactly the folder is read, and only that is fetched', async () => {
  const foreign = {
    'backup/1-a/10-x.yml': 'foreign 1',
    'deploy2/10-x.yml': 'foreign 2',
    'x/deploy/10-x.yml': 'foreign 3',
    'deploy.yml': 'foreign 4',
    'big.bin': randomBytes(500_000),
  };
  const commit = await shop.commit({ 'deploy/1-a/10-x.yml': 'mine', ...foreign });
  const { result, requests } = await asked(() => fetchKnown(commit));
  assert.deepEqual(texts(result), { 'deploy/1-a/10-x.yml': 'mine' });
  const blobs = [...objects()].filter(([, what]) => what.startsWith('blob'));
  assert.deepEqual(
    blobs.map(([id]) => id),
    [blobId('mine')],
  );
  // Twice greeting and asking: the commit with its trees, then all contents together.
  assert.deepEqual(
    requests.map((line) => line.split(' ')[0]),
    ['GET', 'POST', 'GET', 'POST'],
  );
});

test('a folder deep in the repository, and one whose name is special to git', async () => {
  const commit = await shop.commit({
    'a/b/1-x/10-y.yml': '1',
    'a/b2/z': '2',
    ':(top)x*/1-a/2.yml': '3',
    'xx/1-a/2.yml': '4',
  });
  assert.deepEqual(texts(await fetchKnown(commit, { folderName: 'a/b' })), { 'a/b/1-x/10-y.yml': '1' });
  assert.deepEqual(texts(await fetchKnown(commit, { folderName: ':(top)x*' })), { ':(top)x*/1-a/2.yml': '3' });
});

test('a commit without the folder says so; a file of its name is no folder', async () => {
  const commit = await shop.commit({ 'other/x.yml': 'x' });
  assert.deepEqual(await fetchKnown(commit), { commit, folder: 'missing', files: [] });
  const file = await shop.commit({ deploy: 'a file' });
  assert.deepEqual(await fetchKnown(file), { commit: file, folder: 'missing', files: [] });
  const link = await shop.commit({ deploy: { link: 'other' } });
  assert.equal((await fetchKnown(link)).folder, 'missing');
});

test('odd names survive as they are', async () => {
  const odd = [
    'deploy/"quoted".yml',
    'deploy/new\nline.yml',
    'deploy/tab\tand\\slash.yml',
    'deploy/größe-日本.yml',
    'deploy/ blank .yml',
    'deploy/-x',
    'deploy/$(id);`id`.yml',
    "deploy/o'brien.yml",
    'deploy/*.yml',
  ];
  const commit = await shop.commit(Object.fromEntries(odd.map((path) => [path, path])));
  assert.deepEqual(texts(await fetchKnown(commit)), Object.fromEntries(odd.map((path) => [path, path])));
});

test('a name that is not UTF-8 is shown with a mark, and its content is read', async () => {
  const commit = await shop.commit([[Buffer.from([...Buffer.from('deploy/'), 0xff, 0xfe]), 'latin']]);
  assert.deepEqual(texts(await fetchKnown(commit)), { 'deploy/\ufffd\ufffd': 'latin' });
});

test('links, submodules and files over 5 MiB are reported, not loaded', async () => {
  const limit = 5 * 1024 * 1024;
  const first = await shop.commit({
    'deploy/link': { link: '../../etc/passwd' },
    'deploy/big.yml': Buffer.alloc(limit + 1),
    'deploy/large.yml': Buffer.alloc(limit, 1),
  });
  const withModule = execFileSync('git', ['--git-dir', shop.path, 'mktree'], {
    input: submodule(first),
    encoding: 'utf8',
  }).trim();
  const commit = execFileSync(
    'git',
    ['--git-dir', shop.path, '-c', 'user.name=x', '-c', 'user.email=x@x.invalid', 'commit-tree', withModule, '-m', 'x'],
    { encoding: 'utf8' },
  ).trim();
  const { files } = await fetchKnown(commit);
  assert.deepEqual(
    files.map(({ path, kind, bytes }) => [path, kind, bytes.length]),
    [
      ['deploy/big.yml', 'too-large', 0],
      ['deploy/large.yml', 'file', limit],
      ['deploy/link', 'symlink', 0],
      ['deploy/module', 'submodule', 0],
    ],
  );

  function submodule(of: string): string {
    const show = (what: string) => execFileSync('git', ['--git-dir', shop.path, 'ls-tree', what], { encoding: 'utf8' });
    const tree = `${show(`${of}:deploy`)}160000 commit ${of}\tmodule\n`;
    const id = execFileSync('git', ['--git-dir', shop.path, 'mktree'], { input: tree, encoding: 'utf8' }).trim();
    return `040000 tree ${id}\tdeploy\n`;
  }
});

test('more than 32 MiB in the folder is an error, not a full memory', async () => {
  const files = Array.from({ length: 9 }, (_, n) => [`deploy/${n}`, Buffer.alloc(4 * 1024 * 1024, n)] as const);
  const commit = await shop.commit(Object.fromEntries(files));
  assert.equal(await reason(commit), 'the watched folder holds over 32 MiB');
});

test('only what is new is fetched; a commit that is there costs no request', async () => {
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`deploy/1-a/${n}-x.yml`, `value: ${n}\n`]));
  const first = await shop.commit(files);
  await fetchKnown(first);
  const before = new Set(objects().keys());
  assert.deepEqual((await asked(() => fetchKnown(first))).requests, []);
  const second = await shop.commit({ 'deploy/1-a/7-x.yml': 'changed', 'deploy/1-a/8-x.yml': null });
  const tree = await fetchKnown(second);
  assert.equal(tree.files.length, 299);
  assert.equal(texts(tree)['deploy/1-a/7-x.yml'], 'changed');
  const packs = join(git.directory, 'objects', 'pack');
  const sizes = readdirSync(packs)
    .filter((name) => name.endsWith('.pack'))
    .map((name) => statSync(join(packs, name)).size);
  // The commit, three trees, one file.
  assert.equal([...objects().keys()].filter((id) => !before.has(id)).length, 5);
  assert.equal(sizes.length, 4);
});

test('after a force-push, and back again, the work folder follows what is asked', async () => {
  const first = await shop.commit({ 'deploy/x.yml': '1' });
  const second = await shop.commit({ 'deploy/x.yml': '2' });
  assert.deepEqual(texts(await fetchKnown(second)), { 'deploy/x.yml': '2' });
  await shop.reset(first);
  const third = await shop.commit({ 'deploy/x.yml': '3', 'deploy/y.yml': '3' });
  assert.deepEqual(texts(await fetchKnown(third)), { 'deploy/x.yml': '3', 'deploy/y.yml': '3' });
  assert.deepEqual(texts(await fetchKnown(first)), { 'deploy/x.yml': '1' });
  assert.deepEqual(texts(await fetchKnown(second)), { 'deploy/x.yml': '2' });
});

test('a public repository needs no token; a private one says what it needs', async () => {
  const open = await world.github.createRepository('acme', `open-${names}`);
  const commit = await open.commit({ 'deploy/x.yml': '1' });
  const repository = { owner: 'acme', name: open.name };
  assert.deepEqual(texts(await fetchKnown(commit, { repository, cloneYamlToken: undefined })), { 'deploy/x.yml': '1' });
  const hidden = await shop.commit({ 'deploy/x.yml': 'hidden' });
  assert.match(
    await reason(hidden, { cloneYamlToken: undefined }),
    /^repository acme\/shop-\d+ not found, or it is private and no clone-yaml-token /,
  );
  assert.match(
    await reason(hidden, { cloneYamlToken: 'wrong-token' }),
    /^Bad credentials: .* refused the token in clone-yaml-token /,
  );
  world.github.addToken('narrow', { repositories: ['acme/other'] });
  assert.match(
    await reason(hidden, { cloneYamlToken: 'narrow' }),
    /^repository acme\/shop-\d+ not found, or the token in clone-yaml-token .* may not read it$/,
  );
  assert.equal((await fetchKnown(hidden)).folder, 'present');
});

test('a rotated token is used at the next call', async () => {
  world.github.addToken('rotated-1');
  const first = await shop.commit({ 'deploy/x.yml': '1' });
  await fetchKnown(first, { cloneYamlToken: 'rotated-1' });
  world.github.removeToken('rotated-1');
  world.github.addToken('rotated-2');
  const second = await shop.commit({ 'deploy/x.yml': '2' });
  assert.match(await reason(second, { cloneYamlToken: 'rotated-1' }), /^Bad credentials/);
  assert.equal((await fetchKnown(second, { cloneYamlToken: 'rotated-2' })).commit, second);
});

test('the token is neither on disk nor among the arguments of any process', async () => {
  const commit = await shop.commit({ 'deploy/x.yml': '1' });
  const basic = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
  const seen = new Set<string>();
  const watch = setInterval(() => processes().forEach((line) => seen.add(line)), 2);
  // Slow enough to be looked at.
  world.github.fail({ delay: 150 });
  await fetchKnown(commit);
  world.github.fail(undefined);
  clearInterval(watch);
  assert.ok(
    [...seen].some((line) => line.includes('git-remote-https') || line.includes('remote-https')),
    'nothing was seen',
  );
  for (const line of seen) assert.ok(!line.includes(TOKEN) && !line.includes(basic), line);
  const found = readdirSync(git.folder, { recursive: true, encoding: 'utf8' }).map((name) => join(git.folder, name));
  const contents = found.filter((name) => statSync(name).isFile()).map((name) => readFileSync(name));
  assert.ok(contents.length > 5);
  for (const content of contents) assert.ok(!content.includes(TOKEN) && !content.includes(basic));

  function processes(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((id) => {
        try {
          return readFileSync(`/proc/${id}/cmdline`, 'utf8');
        } catch {
          return '';
        }
      });
  }
});

test('a damaged work folder is made anew', async () => {
  const commit = await shop.commit({ 'deploy/x.yml': '1' });
  const damages: Record<string, () => void> = {
    'a pack is cut': () => packs('.pack').forEach((file) => truncateSync(file, 20)),
    'packs are gone': () => packs('').forEach((file) => execFileSync('rm', ['-f', file])),
    'HEAD is gone': () => execFileSync('rm', [join(git.directory, 'HEAD')]),
    'a lock is left and the ref is gone': () => {
      writeFileSync(join(git.directory, 'shallow.lock'), '');
      execFileSync('rm', [join(git.directory, 'refs', 'ordo', 'head')]);
    },
    'the configuration is rubbish': () => writeFileSync(join(git.directory, 'config'), '[[['),
    'the shallow file is rubbish': () => writeFileSync(join(git.directory, 'shallow'), 'x\n'),
    'all of it is gone': () => execFileSync('rm', ['-r', git.folder]),
  };
  for (const [name, damage] of Object.entries(damages)) {
    await fetchKnown(commit);
    damage();
    assert.deepEqual(texts(await fetchKnown(commit)), { 'deploy/x.yml': '1' }, name);
  }

  function packs(end: string): string[] {
    const folder = join(git.directory, 'objects', 'pack');
    return readdirSync(folder)
      .filter((name) => name.endsWith(end))
      .map((name) => join(folder, name));
  }
});

test('packs do not pile up', async () => {
  await fetchKnown(await shop.commit({ 'deploy/x.yml': '0' }));
  const folder = join(git.directory, 'objects', 'pack');
  for (let n = 0; n < 100; n += 1) writeFileSync(join(folder, `pack-${n}.pack`), '');
  const commit = await shop.commit({ 'deploy/x.yml': '1' });
  assert.deepEqual(texts(await fetchKnown(commit)), { 'deploy/x.yml': '1' });
  assert.equal(readdirSync(folder).filter((name) => name.endsWith('.pack')).length, 2);
});

test('what cannot be had is unknown, in plain words, and a network failure leaves the work folder as it is', async () => {
  const commit = await shop.commit({ 'deploy/x.yml': '1' });
  await fetchKnown(commit);
  const mark = join(git.directory, 'mark');
  writeFileSync(mark, '');
  const next = await shop.commit({ 'deploy/x.yml': '2' });
  assert.equal(await reason('1'.repeat(40)), `the commit is not in acme/${shop.name} any more`);
  assert.equal(await reason('--upload-pack=x'), 'not a commit id: --upload-pack=x');
  world.github.fail({ status: 503 });
  assert.match(await reason(next), /^127\.0\.0\.1:\d+ answered 503$/);
  world.github.fail({ reset: true });
  assert.match(await reason(next), /connection broken before the answer$/);
  world.github.fail({ status: 200, body: 'not git' });
  assert.match(await reason(next), /answered something that is not git$/);
  world.github.fail({
    status: 302,
    headers: { location: 'http://127.0.0.1/acme/shop.git/info/refs?service=git-upload-pack' },
  });
  assert.match(await reason(next), /a redirect to http is refused$/);
  world.github.fail(undefined);
  const closed = await closedPort();
  assert.equal(await reason(next, { gitUrl: `https://${closed}` }), `${closed}: connection refused, or no route to it`);
  assert.match(await reason(next, { caCertificates: undefined }), /^TLS: 127\.0\.0\.1:\d+ is not accepted/);
  assert.deepEqual(texts(await fetchKnown(next)), { 'deploy/x.yml': '2' });
  assert.ok(existsSync(mark));
});

test('a repository whose contents cannot be fetched is unknown, not empty', async () => {
  const commit = await shop.commit({ 'deploy/x.yml': '1' });
  let posts = 0;
  world.github.fail({ match: ({ method }) => method === 'POST' && (posts += 1) > 1, status: 500 });
  assert.match(await reason(commit), /answered 500$|no usable answer$/);
  world.github.fail(undefined);
  assert.deepEqual(texts(await fetchKnown(commit)), { 'deploy/x.yml': '1' });
});

test('no git on the machine is said', async () => {
  const lost = createGit({ folder: join(git.folder, 'lost'), path: '/nonexistent' });
  const answer = await fetchTree(lost, settings(), '1'.repeat(40), forever);
  assert.deepEqual(answer, { known: false, reason: 'git is not installed' });
});

test('an abort ends the fetch with the reason of the signal, and the next call works', async () => {
  const commit = await shop.commit({ 'deploy/x.yml': '1' });
  world.github.fail({ delay: 3000, times: 1 });
  const stop = new AbortController();
  const begin = performance.now();
  const answer = fetchTree(git, settings(), commit, stop.signal);
  setTimeout(() => stop.abort(new Error('stopping')), 200);
  await assert.rejects(answer, /^Error: stopping$/);
  assert.ok(performance.now() - begin < 1500);
  world.github.fail(undefined);
  assert.equal((await fetchKnown(commit)).commit, commit);
  await assert.rejects(fetchTree(git, settings(), commit, AbortSignal.abort(new Error('stopped'))), /^Error: stopped$/);
  assert.ok(existsSync(git.directory));
  await rm(git.folder, { recursive: true });
});
