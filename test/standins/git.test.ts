import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { attempt } from '../cluster/command.ts';
import { createClient, type Client } from './client.ts';
import { startGitHub, type GitHub } from './github.ts';

let client: Client;
let github: GitHub;

before(async () => {
  client = await createClient();
  github = await startGitHub({ work: client.work, address: '127.0.0.1', port: 0, authority: client.authority });
  github.addToken('good', { repositories: ['acme/hidden'] });
});

after(async () => {
  await github?.stop();
  await client?.stop();
});

test('a shallow, sparse clone without foreign blobs, then a fetch of one commit by its id', async () => {
  const repository = await github.createRepository('acme', 'shop');
  const first = await repository.commit({ 'deploy/1-a/10-x.yml': 'a: 1\n', 'src/big.bin': 'b'.repeat(100_000) });
  const clone = await git(...cloneArguments(repository.url, 'shop'), '--filter=blob:none', '--depth=1', '--sparse');
  assert.equal(clone.code, 0, clone.stderr);
  await work('shop', 'sparse-checkout', 'set', '--no-cone', '/deploy/');
  assert.equal(await readFile(join(client.work, 'shop/deploy/1-a/10-x.yml'), 'utf8'), 'a: 1\n');
  const missing = await work('shop', 'rev-list', '--objects', '--missing=print', 'HEAD');
  assert.match(missing, /^\?/m, 'the foreign blob was not sent');

  const second = await repository.commit({ 'deploy/1-a/10-x.yml': 'a: 2\n' });
  await repository.commit({ 'deploy/1-a/10-x.yml': 'a: 3\n' });
  await work('shop', 'fetch', '--depth=1', '--filter=blob:none', 'origin', second);
  assert.equal(await work('shop', 'show', `${second}:deploy/1-a/10-x.yml`), 'a: 2');

  await repository.reset(first);
  assert.match(await work('shop', 'ls-remote', 'origin', 'refs/heads/main'), new RegExp(`^${first}\t`));
  // Also by the old protocol, which asks the server's leave for what no branch reaches.
  await work('shop', '-c', 'protocol.version=0', 'fetch', '--depth=1', 'origin', second);
  const asked = github.requests().filter(({ path }) => path.includes('info/refs'));
  assert.ok(asked.length > 0 && asked.every(({ counted, status }) => !counted && status === 200));
});

test('a private repository: asked for credentials without, not found with a token that may not, cloned with one', async () => {
  const { url } = await github.createRepository('acme', 'hidden', { private: true });
  const other = await github.createRepository('acme', 'other', { private: true });
  const without = await git(...cloneArguments(url, 'none'));
  assert.match(without.stderr, /could not read Username/);
  assert.match((await git(...cloneArguments(url, 'wrong', 'bad'))).stderr, /could not read Username/);
  assert.match((await git(...cloneArguments(other.url, 'foreign', 'good'))).stderr, /Repository not found/);
  const good = await git(...cloneArguments(url, 'hidden', 'good'));
  assert.equal(good.code, 0, good.stderr);
  assert.equal(github.requests().at(-1)?.authorised, true);
  assert.doesNotMatch(await readFile(join(client.work, 'hidden/.git/config'), 'utf8'), /good|Authorization/i);
});

test('pushing is refused: the tests write through the handle', async () => {
  const repository = await github.createRepository('acme', 'closed');
  await repository.commit({ 'a.yml': 'a: 1\n' });
  assert.equal((await git(...cloneArguments(repository.url, 'closed'))).code, 0);
  const push = await git({}, '-C', join(client.work, 'closed'), 'push', 'origin', 'HEAD:refs/heads/other');
  assert.match(push.stderr, /403/);
});

test('commits carry odd names, removals, links, branches and merges', async () => {
  const repository = await github.createRepository('acme', 'odd', { defaultBranch: 'trunk' });
  const names = [
    '-rf',
    'a b',
    '"quoted"',
    'back\\slash',
    'new\nline',
    'tab\t',
    'ünïcödé/日本.yml',
    '$(id)',
    'x'.repeat(250),
  ];
  const first = await repository.commit(Object.fromEntries(names.map((name) => [name, `${name}\n`])));
  const list = async (ref: string) =>
    (await bare('ls-tree', '-r', '-z', '--name-only', ref)).split('\0').filter(Boolean);
  assert.deepEqual(
    await list(first),
    [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
  assert.equal(await bare('show', `${first}:new\nline`), 'new\nline');

  await repository.commit([[Buffer.from([0xff, 0x2e, 0x79]), 'not utf-8\n']]);
  const gone = await repository.commit({
    ...Object.fromEntries(names.map((name) => [name, null])),
    link: { link: '/etc/passwd' },
  });
  assert.match(await bare('ls-tree', gone), /^120000 blob \w+\tlink\n100644 blob \w+\t"\\377\.y"$/);

  const side = await repository.commit({ side: '1\n' }, 'on the side', { branch: 'side' });
  const merged = await repository.commit({ side: '1\n' }, 'merged\n\nOrdo-Allow-Delete: Namespace/foo', {
    merge: side,
  });
  assert.equal(
    await bare('show', '--no-patch', '--format=%P|%an <%ae>|%B', merged),
    `${gone} ${side}|ordo test <test@ordo.invalid>|merged\n\nOrdo-Allow-Delete: Namespace/foo`,
  );

  async function bare(...parameters: string[]) {
    const { code, stdout, stderr } = await git({}, '--git-dir', repository.path, ...parameters);
    assert.equal(code, 0, stderr);
    return stdout.trimEnd();
  }
});

test('commits of 1,000 files and at once; one file costs a small part of a thousand', async () => {
  const repository = await github.createRepository('acme', 'quick');
  const timed = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  const many = Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => [`deploy/${i % 10}-g/${i}-x.yml`, `n: ${i}\n`]),
  );
  const thousand = await timed(() => repository.commit(many));
  const times: number[] = [];
  for (let i = 0; i < 5; i += 1)
    times.push(await timed(() => repository.commit({ 'deploy/1-g/1-x.yml': `n: ${i}\n` })));
  assert.ok(Math.min(...times) < thousand, `${times.join()} of ${thousand}`);
  const shas = await Promise.all([1, 2, 3].map((i) => repository.commit({ a: `${i}\n` })));
  assert.equal(await repository.resolve('main'), shas[2]);
  assert.equal(await repository.resolve(shas[0] ?? ''), shas[0]);
});

function cloneArguments(url: string, folder: string, token?: string) {
  const authorization = `Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  const environment =
    token === undefined
      ? {}
      : { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.extraHeader', GIT_CONFIG_VALUE_0: authorization };
  return [environment, 'clone', '--quiet', url, join(client.work, folder)] as const;
}

async function work(folder: string, ...parameters: string[]): Promise<string> {
  const { code, stdout, stderr } = await git({}, '-C', join(client.work, folder), ...parameters);
  assert.equal(code, 0, stderr);
  return stdout.trimEnd();
}

function git(environment: Record<string, string>, ...parameters: string[]) {
  const env = {
    PATH: process.env['PATH'],
    HOME: client.work,
    GIT_SSL_CAINFO: client.authority.caFile,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    ...environment,
  };
  return attempt('git', parameters, { env });
}
