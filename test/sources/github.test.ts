import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, beforeEach, test } from 'node:test';
import type { Known } from '../../src/domain/known.ts';
import { createGitHub } from '../../src/sources/github.ts';
import type { GitHub } from '../../src/sources/github.ts';
import type { Repository } from '../standins/github.ts';
import { closedPort, createWorld, forever, TOKEN } from './world.ts';
import type { World } from './world.ts';

let world: World;
let github: GitHub;
let shop: Repository;
let head: string;
let names = 0;
let closed: string;

before(async () => {
  world = await createWorld();
  closed = await closedPort();
});
after(() => world?.stop());

// A repository and a client of its own for each test: nothing is cached from the one before.
beforeEach(async () => {
  world.clock.at += 7_200_000;
  shop = await world.github.createRepository('acme', `shop-${(names += 1)}`, { private: true });
  head = await shop.commit({ 'deploy/1-a/10-x.yml': 'a: 1\n' });
  github = createGitHub({ http: world.http, git: world.git(), log: { debug: () => {} } });
});

function ask(changes: Parameters<World['settings']>[0] = {}, signal = forever): Promise<Known<string>> {
  const repository = { owner: shop.owner, name: shop.name };
  return github.headCommit(world.settings({ repository, ...changes }), signal);
}

async function asked<T>(work: () => Promise<T>) {
  const begin = world.github.requests().length;
  const result = await work();
  return { result, requests: world.github.requests().slice(begin) };
}

async function reason(changes: Parameters<World['settings']>[0] = {}): Promise<string> {
  const answer = await ask(changes);
  assert.ok(!answer.known, 'it is known');
  assert.doesNotMatch(answer.reason, /token-that|wrong-token/);
  return answer.reason;
}

const noToken = { yamlCommitCheckerToken: undefined, cloneYamlToken: undefined };

test('an unchanged head costs no quota; a moved one is seen at once, also when it moves back', async () => {
  assert.deepEqual(await ask(), { known: true, value: head });
  const again = await asked(() => ask());
  assert.deepEqual(again.result, { known: true, value: head });
  assert.deepEqual(
    again.requests.map(({ status, counted }) => [status, counted]),
    [[304, false]],
  );
  const next = await shop.commit({ 'deploy/1-a/10-x.yml': 'a: 2\n' });
  assert.deepEqual(await ask(), { known: true, value: next });
  await shop.reset(head);
  assert.deepEqual(await ask(), { known: true, value: head });
});

test('what one token read is not told to another', async () => {
  world.github.addToken('another');
  assert.deepEqual(await ask(), { known: true, value: head });
  const { requests } = await asked(() => ask({ yamlCommitCheckerToken: 'another' }));
  assert.deepEqual(
    requests.map(({ status }) => status),
    [200],
  );
  const wrong = await reason({ yamlCommitCheckerToken: 'wrong-token' });
  assert.match(wrong, /^Bad credentials: 127\.0\.0\.1:\d+ refused the token in yaml-commit-checker-token /);
});

test('a rotated token is used at the next call', async () => {
  world.github.addToken('rotated-1');
  assert.equal((await ask({ yamlCommitCheckerToken: 'rotated-1' })).known, true);
  world.github.removeToken('rotated-1');
  world.github.addToken('rotated-2');
  assert.match(await reason({ yamlCommitCheckerToken: 'rotated-1' }), /^Bad credentials/);
  assert.equal((await ask({ yamlCommitCheckerToken: 'rotated-2' })).known, true);
});

test('a branch is followed, not a tag of its name', async () => {
  const other = await shop.commit({ 'deploy/x.yml': 'b\n' }, 'other', { branch: 'feature/x' });
  execFileSync('git', ['--git-dir', shop.path, 'update-ref', 'refs/tags/main', other]);
  assert.deepEqual(await ask({ branch: 'feature/x' }), { known: true, value: other });
  assert.deepEqual(await ask({ branch: 'main' }), { known: true, value: head });
  assert.equal(await reason({ branch: 'gone' }), `repository acme/${shop.name} has no branch gone`);
});

test('what GitHub refuses is unknown, with what to do about it', async () => {
  world.github.addToken('narrow', { repositories: ['acme/other'] });
  assert.match(
    await reason({ yamlCommitCheckerToken: 'narrow' }),
    /^repository acme\/shop-\d+ not found, or the token in yaml-commit-checker-token .* may not read it$/,
  );
  const empty = await world.github.createRepository('acme', `empty-${names}`);
  const repository = { owner: 'acme', name: empty.name };
  assert.equal(await reason({ repository }), `repository acme/${empty.name} is empty: it has no commit yet`);
});

test('a used up rate limit is said with its end, and until then nothing is asked; another token may', async () => {
  world.github.addToken('poor');
  world.clock.at = Date.now();
  world.github.setRemaining(0, { token: 'poor', resetIn: 600 });
  const poor = { yamlCommitCheckerToken: 'poor' };
  const end = /until (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z)/;
  const first = await reason(poor);
  assert.match(first, /^rate limit: the token's 5000 requests are used up until /);
  const { result, requests } = await asked(() => reason(poor));
  assert.match(result, /^127\.0\.0\.1:\d+ wants no requests until /);
  assert.equal(end.exec(result)?.[1], end.exec(first)?.[1]);
  assert.deepEqual(requests, []);
  assert.equal((await ask()).known, true);
  world.github.setRemaining(100, { token: 'poor' });
  world.clock.at += 601_000;
  assert.equal((await ask(poor)).known, true);
});

test('Retry-After is kept to', async () => {
  world.github.fail({ status: 403, headers: { 'retry-after': '30' }, times: 1 });
  assert.equal(await reason(), 'rate limit: GitHub wants no request for 30 s');
  assert.deepEqual((await asked(() => reason())).requests, []);
  world.clock.at += 31_000;
  assert.equal((await ask()).known, true);
});

const faults: [string, Parameters<World['github']['fail']>[0], RegExp][] = [
  ['a 500', { status: 500, body: TOKEN }, /^127\.0\.0\.1:\d+ answered 500$/],
  ['a broken connection', { reset: true }, /^127\.0\.0\.1:\d+: connection broken before the answer$/],
  ['an answer that does not come', { delay: 2000 }, /^127\.0\.0\.1:\d+: timed out after 1 s$/],
  ['a page in place of an id', { status: 200, body: '<html>' }, /answered something that is not a commit id$/],
  ['upper case', { status: 200, body: 'A'.repeat(40) }, /not a commit id$/],
  ['a redirect to http', { status: 302, headers: { location: 'http://127.0.0.1/' } }, /: http is refused everywhere$/],
];

for (const [name, fault, wanted] of faults) {
  test(`${name} is unknown, and forgotten when it is over`, async () => {
    world.github.fail(fault);
    assert.match(await reason(), wanted);
    world.github.fail(undefined);
    assert.deepEqual(await ask(), { known: true, value: head });
  });
}

test('no DNS, nobody there, a stranger: unknown, in plain words', async () => {
  assert.equal(
    await reason({ apiUrl: 'https://no-such-host.invalid' }),
    'DNS: the name no-such-host.invalid cannot be resolved',
  );
  assert.equal(await reason({ apiUrl: `https://${closed}` }), `${closed}: connection refused`);
  assert.match(
    await reason({ caCertificates: undefined }),
    /^TLS: the certificate of 127\.0\.0\.1:\d+ is from an authority that is not known here, .* \([A-Z_]+\)$/,
  );
  assert.equal((await ask()).known, true);
});

test('an abort ends the request with the reason of the signal', async () => {
  for (const changes of [{}, noToken]) {
    world.github.fail({ delay: 1500, times: 1 });
    const stop = new AbortController();
    const answer = ask(changes, stop.signal);
    setTimeout(() => stop.abort(new Error('stopping')), 100);
    await assert.rejects(answer, /^Error: stopping$/);
    world.github.fail(undefined);
  }
});

test('without a token a public repository is read by git alone, which has no quota', async () => {
  const open = await world.github.createRepository('acme', `open-${names}`);
  const repository = { owner: 'acme', name: open.name };
  assert.match(await reason({ ...noToken, repository }), /is empty: it has no commit yet$/);
  const first = await open.commit({ 'deploy/1-a/10-x.yml': 'a: 1\n' });
  const { result, requests } = await asked(() => ask({ ...noToken, repository }));
  assert.deepEqual(result, { known: true, value: first });
  assert.ok(requests.length > 0 && requests.every(({ counted, authorised }) => !counted && !authorised));
  await open.commit({ x: 'a' }, 'a', { branch: 'a/refs/heads/b' });
  const branch = await open.commit({ x: 'b' }, 'b', { branch: 'b' });
  assert.deepEqual(await ask({ ...noToken, repository, branch: 'b' }), { known: true, value: branch });
  assert.match(await reason({ ...noToken, repository, branch: 'c' }), /has no branch c$/);
});

test('without a token for the API, a private repository is read by git with the token for cloning', async () => {
  assert.deepEqual(await ask({ ...noToken, cloneYamlToken: TOKEN }), { known: true, value: head });
  assert.match(
    await reason({ ...noToken, cloneYamlToken: 'wrong-token' }),
    /^Bad credentials: .* refused the token in clone-yaml-token /,
  );
  assert.match(
    await reason(noToken),
    /^repository acme\/shop-\d+ not found, or it is private and no clone-yaml-token /,
  );
  assert.match(
    await reason({ ...noToken, gitUrl: `https://${closed}` }),
    new RegExp(`^${closed}: connection refused, or no route to it$`),
  );
  assert.match(
    await reason({ ...noToken, gitUrl: 'https://no-such-host.invalid' }),
    /^DNS: the name no-such-host\.invalid cannot be resolved$/,
  );
  assert.match(
    await reason({ ...noToken, caCertificates: undefined }),
    /^TLS: 127\.0\.0\.1:\d+ is not accepted \(.*certificate/,
  );
  world.github.fail({ status: 502 });
  assert.match(await reason(noToken), /^127\.0\.0\.1:\d+ answered 502$/);
  world.github.fail({ reset: true });
  assert.match(await reason(noToken), /^127\.0\.0\.1:\d+: connection broken before the answer$/);
  world.github.fail(undefined);
});
