import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';
import { createTrees } from '../../src/sources/checkout.ts';
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

async function asked<T>(work: () => Promise<T>) {
  const begin = world.github.requests().length;
  const result = await work();
  const requests = world.github.requests().slice(begin);
  return { result, methods: requests.map(({ method }) => method) };
}

const blobId = (text: string): string => createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex');

test('the files of the folder at a commit, byte for byte, with their paths in the repository', async () => {
  const binary = Buffer.from([0, 255, 254, 13, 10, 0]);
  const commit = await site.shop.commit({
    'deploy/1-a/10-x.yml': 'a: 1\r\n',
    'deploy/2-b/20-y.json': binary,
    'deploy/empty.yml': '',
    // What git would do to files of a work tree must not be done.
    '.gitattributes': '* text eol=crlf ident export-ignore\n',
    'deploy/1-a/11-id.yml': '# $Id$\n',
  });
  const tree = await site.fetch(commit);
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
  const commit = await site.shop.commit({ 'deploy/1-a/10-x.yml': 'mine', ...foreign });
  const { result, methods } = await asked(() => site.fetch(commit));
  assert.deepEqual(texts(result), { 'deploy/1-a/10-x.yml': 'mine' });
  const blobs = [...site.objects()].filter(([, what]) => what.startsWith('blob'));
  assert.deepEqual(
    blobs.map(([id]) => id),
    [blobId('mine')],
  );
  // Twice greeting and asking: the commit with its trees, then all contents together.
  assert.deepEqual(methods, ['GET', 'POST', 'GET', 'POST']);
});

test('a folder deep in the repository, and one whose name is special to git', async () => {
  const commit = await site.shop.commit({
    'a/b/1-x/10-y.yml': '1',
    'a/b2/z': '2',
    ':(top)x*/1-a/2.yml': '3',
    'xx/1-a/2.yml': '4',
  });
  assert.deepEqual(texts(await site.fetch(commit, { folderName: 'a/b' })), { 'a/b/1-x/10-y.yml': '1' });
  assert.deepEqual(texts(await site.fetch(commit, { folderName: ':(top)x*' })), { ':(top)x*/1-a/2.yml': '3' });
});

test('a commit without the folder says so; a file of its name is no folder', async () => {
  const commit = await site.shop.commit({ 'other/x.yml': 'x' });
  assert.deepEqual(await site.fetch(commit), { commit, folder: 'missing', files: [] });
  const file = await site.shop.commit({ deploy: 'a file' });
  assert.deepEqual(await site.fetch(file), { commit: file, folder: 'missing', files: [] });
  const link = await site.shop.commit({ deploy: { link: 'other' } });
  assert.equal((await site.fetch(link)).folder, 'missing');
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
  const commit = await site.shop.commit(Object.fromEntries(odd.map((path) => [path, path])));
  assert.deepEqual(texts(await site.fetch(commit)), Object.fromEntries(odd.map((path) => [path, path])));
});

test('a name that is not UTF-8 is shown with a mark, and its content is read', async () => {
  const commit = await site.shop.commit([[Buffer.from([...Buffer.from('deploy/'), 0xff, 0xfe]), 'latin']]);
  assert.deepEqual(texts(await site.fetch(commit)), { 'deploy/\ufffd\ufffd': 'latin' });
});

test('links, submodules and files over 5 MiB are reported, not loaded', async () => {
  const limit = 5 * 1024 * 1024;
  const first = await site.shop.commit({
    'deploy/link': { link: '../../etc/passwd' },
    'deploy/big.yml': Buffer.alloc(limit + 1),
    'deploy/large.yml': Buffer.alloc(limit, 1),
  });
  const withModule = execFileSync('git', ['--git-dir', site.shop.path, 'mktree'], {
    input: submodule(first),
    encoding: 'utf8',
  }).trim();
  const commit = execFileSync(
    'git',
    [
      '--git-dir',
      site.shop.path,
      '-c',
      'user.name=x',
      '-c',
      'user.email=x@x.invalid',
      'commit-tree',
      withModule,
      '-m',
      'x',
    ],
    { encoding: 'utf8' },
  ).trim();
  const { files } = await site.fetch(commit);
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
    const show = (what: string) =>
      execFileSync('git', ['--git-dir', site.shop.path, 'ls-tree', what], { encoding: 'utf8' });
    const tree = `${show(`${of}:deploy`)}160000 commit ${of}\tmodule\n`;
    const id = execFileSync('git', ['--git-dir', site.shop.path, 'mktree'], { input: tree, encoding: 'utf8' }).trim();
    return `040000 tree ${id}\tdeploy\n`;
  }
});

test('more than 32 MiB in the folder is an error, not a full memory', async () => {
  const files = Array.from({ length: 9 }, (_, n) => [`deploy/${n}`, Buffer.alloc(4 * 1024 * 1024, n)] as const);
  const commit = await site.shop.commit(Object.fromEntries(files));
  assert.equal(await site.reason(commit), 'the watched folder holds over 32 MiB');
});

test('only what is new is fetched; a commit that is there costs no request', async () => {
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`deploy/1-a/${n}-x.yml`, `value: ${n}\n`]));
  const first = await site.shop.commit(files);
  await site.fetch(first);
  const before = new Set(site.objects().keys());
  assert.deepEqual((await asked(() => site.fetch(first))).methods, []);
  const second = await site.shop.commit({ 'deploy/1-a/7-x.yml': 'changed', 'deploy/1-a/8-x.yml': null });
  const tree = await site.fetch(second);
  assert.equal(tree.files.length, 299);
  assert.equal(texts(tree)['deploy/1-a/7-x.yml'], 'changed');
  // The commit, three trees, one file.
  assert.equal([...site.objects().keys()].filter((id) => !before.has(id)).length, 5);
  // With the base of a delta, which git adds to make a pack whole.
  const sent = site.packed() - before.size;
  assert.ok(sent >= 5 && sent <= 6, `${sent} objects were sent`);
});

test('as long as the same is asked for, a small tree costs no git; another folder, another commit and a large tree do', async () => {
  const first = await site.shop.commit({ 'deploy/x.yml': '1', 'other/x.yml': 'o' });
  const second = await site.shop.commit({ 'deploy/x.yml': '2', 'large/x.yml': 'l'.repeat(1_100_000) });
  const treeOf = createTrees(site.git);
  /** With a git folder that is gone: whoever answers all the same asked none. */
  const asksGit = async (folderName: string, commit: string): Promise<boolean> => {
    await site.git.wipe();
    const tree = await treeOf(site.settings({ folderName }), commit, forever);
    assert.ok(tree.known && tree.value.commit === commit && tree.value.files.length === 1);
    return existsSync(site.git.directory);
  };
  assert.equal(await asksGit('deploy', first), true);
  assert.equal(await asksGit('deploy', first), false);
  assert.equal(await asksGit('other', first), true);
  assert.equal(await asksGit('deploy', second), true);
  assert.equal(await asksGit('deploy', second), false);
  assert.equal(await asksGit('large', second), true);
  assert.equal(await asksGit('large', second), true);
});

test('after a force-push, and back again, the work folder follows what is asked', async () => {
  const first = await site.shop.commit({ 'deploy/x.yml': '1' });
  const second = await site.shop.commit({ 'deploy/x.yml': '2' });
  assert.deepEqual(texts(await site.fetch(second)), { 'deploy/x.yml': '2' });
  await site.shop.reset(first);
  const third = await site.shop.commit({ 'deploy/x.yml': '3', 'deploy/y.yml': '3' });
  assert.deepEqual(texts(await site.fetch(third)), { 'deploy/x.yml': '3', 'deploy/y.yml': '3' });
  assert.deepEqual(texts(await site.fetch(first)), { 'deploy/x.yml': '1' });
  assert.deepEqual(texts(await site.fetch(second)), { 'deploy/x.yml': '2' });
});
