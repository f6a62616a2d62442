import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { after, before, beforeEach, test } from 'node:test';
import type { Settings } from '../../src/config/settings.ts';
import type { Known } from '../../src/domain/known.ts';
import { commitsSince } from '../../src/sources/commits.ts';
import { fetchTree } from '../../src/sources/checkout.ts';
import { createGitHub } from '../../src/sources/github.ts';
import type { GitHub } from '../../src/sources/github.ts';
import { createRegistry } from '../../src/sources/registry.ts';
import { git } from '../standins/github/git.ts';
import type { Repository } from '../standins/github.ts';
import type { Fault } from '../standins/faults.ts';
import { buildImage } from '../standins/image.ts';
import { close, listen } from '../standins/listen.ts';
import { startRegistry } from '../standins/registry.ts';
import type { Registry } from '../standins/registry.ts';
import { issueBetween } from './bad-certificates.ts';
import { createWorld, forever } from './world.ts';
import type { World } from './world.ts';

// Four things are asked of the outside. Whatever goes wrong with one of them ends in words, is never taken for "nothing
// there", and is over when it is over.

type What = 'head' | 'tree' | 'digest' | 'token';

let world: World;
let registry: Registry;
let shop: Repository;
let github: GitHub;
let names = 0;
let ask: Record<What, (changes?: Partial<Settings>) => Promise<Known<unknown>>>;
/** The settings that say where something is asked. */
const ADDRESS: Record<What, 'apiUrl' | 'gitUrl' | 'registryUrl'> = {
  ...{ head: 'apiUrl', tree: 'gitUrl', digest: 'registryUrl', token: 'registryUrl' },
};

before(async () => {
  world = await createWorld();
  const { work, authority } = world.client;
  registry = await startRegistry({ work, address: '127.0.0.1', port: 0, authority });
  registry.addToken(world.settings().packageCheckerToken ?? '', { pull: 'all' });
  await registry.push(await buildImage({ name: 'acme/web:main', version: '1', entrypoint: ['true'] }));
});
after(async () => {
  await registry?.stop();
  await world?.stop();
});

// Nothing is cached or paused from the test before.
beforeEach(async () => {
  world.clock.at += 7_200_000;
  shop = await world.github.createRepository('acme', `faulty-${(names += 1)}`, { private: true });
  const commit = await shop.commit({ 'deploy/1-a/10-x.yml': 'a: 1\n' });
  const folder = world.git();
  github = createGitHub({ http: world.http, git: folder, log: { debug: () => {} } });
  const images = createRegistry({ http: world.http, clock: world.clock });
  const settings = (changes: Partial<Settings> = {}): Settings =>
    world.settings({
      ...{ repository: { owner: 'acme', name: shop.name }, registry: registry.host, registryUrl: registry.url },
      ...changes,
    });
  const digest = (changes?: Partial<Settings>) =>
    images.digestOf(settings(changes), `${registry.host}/acme/web:main`, forever);
  ask = {
    head: (changes) => github.headCommit(settings(changes), forever),
    tree: (changes) => fetchTree(folder, settings(changes), commit, forever),
    digest,
    token: digest,
  };
});

function fail(what: What, fault: Fault | undefined): void {
  const places: Record<What, RegExp> = { head: /^\/api\//, tree: /\.git\//, digest: /^\/v2\//, token: /^\/token/ };
  const match = ({ path }: { path: string }): boolean => places[what].test(path);
  const target = what === 'head' || what === 'tree' ? world.github : registry;
  target.fail(fault && { match, ...fault });
}

async function reasonOf(what: What, changes?: Partial<Settings>): Promise<string> {
  const answer = await ask[what](changes);
  assert.ok(!answer.known, `${what} is known`);
  assert.doesNotMatch(answer.reason, /token-that/);
  return answer.reason;
}

const page = '<!doctype html><title>Sign in to the hotel network</title>';
const html = { 'content-type': 'text/html' };
const GIT_CUT = /connection broken before the answer$|no usable answer$|answered something that is not git$/;
const BROKEN = /connection broken before the answer$/;

const matrix: [string, Fault, Partial<Record<What, RegExp>>][] = [
  [
    'a 401',
    { status: 401 },
    { head: /^Bad credentials: .*yaml-commit-checker-token/, tree: /clone-yaml-token/, token: /refused the token/ },
  ],
  [
    'a 403 without a word of limits',
    { status: 403, body: '{"message":"Resource not accessible by personal access token"}' },
    {
      head: /does not let the token in yaml-commit-checker-token .* read acme\/faulty-\d+ \(403\)$/,
      tree: /answered 403$/,
      digest: /refused the token in package-checker-token/,
      token: /refused the token in package-checker-token/,
    },
  ],
  [
    'a 403 for want of single sign-on',
    { status: 403, headers: { 'x-github-sso': 'required; url=https://github.com/orgs/acme/sso' } },
    { head: /^the organisation of acme\/faulty-\d+ wants the token .* authorised for its single sign-on/ },
  ],
  [
    'a secondary limit that names no time',
    { status: 403, body: '{"message":"You have exceeded a secondary rate limit."}' },
    { head: /^rate limit: GitHub has had too many requests \(403\)/ },
  ],
  [
    'a 404',
    { status: 404 },
    { head: /not found, or the token/, tree: /not found, or the token/, digest: /not found at/, token: /answered 404/ },
  ],
  [
    'a 429',
    { status: 429 },
    {
      head: /^rate limit: GitHub has had too many requests \(429\)/,
      tree: /answered 429$/,
      digest: /too many requests \(429\)/,
      token: /answered 429 when asked for a token$/,
    },
  ],
  ['a 502', { status: 502, body: page, headers: html }, { head: /502/, tree: /502/, digest: /502/, token: /502/ }],
  ['a broken connection', { reset: true }, { head: BROKEN, tree: BROKEN, digest: BROKEN, token: BROKEN }],
  ['a body that is cut', { cut: 20 }, { head: BROKEN, tree: GIT_CUT, token: BROKEN }],
  [
    'a page to log in, with 200',
    { status: 200, body: page, headers: html },
    {
      head: /answered something that is not a commit id$/,
      tree: /answered something that is not git$/,
      digest: /answered without a usable digest/,
      token: /answered without a token$/,
    },
  ],
  [
    'JSON of another shape',
    { status: 200, body: '{"error":"quota"}', headers: { 'content-type': 'application/json' } },
    {
      head: /answered something that is not a commit id$/,
      tree: /answered something that is not git$/,
      digest: /answered without a usable digest/,
      token: /answered without a token$/,
    },
  ],
  [
    'an empty answer',
    { status: 200, body: '' },
    { head: /not a commit id$/, tree: /git/, digest: /usable digest/, token: /without a token$/ },
  ],
];

for (const [name, fault, reasons] of matrix) {
  test(`O04 ${name}: not known, in words, and known again when it is over`, async () => {
    for (const [what, wanted] of Object.entries(reasons) as [What, RegExp][]) {
      // What was kept for a while, such as the registry's token, is asked for anew.
      world.clock.at += 3_600_000;
      fail(what, fault);
      assert.match(await reasonOf(what), wanted, what);
      fail(what, undefined);
      world.clock.at += 3_600_000;
      assert.equal((await ask[what]()).known, true, `${what} does not recover`);
    }
  });
}

test('O04 #34 certificates: of another name, not good any more, not good yet, of an unknown authority', async (t) => {
  const { authority } = world.client;
  const wrongName = await authority.issue('elsewhere', { hosts: ['elsewhere.test'] });
  const servers: [string, { cert: string; key: string }, RegExp][] = [
    ['another name', wrongName, /is for another name|does not match/],
    [
      'past',
      await issueBetween(authority, 'past'),
      /has expired, or the clock here is wrong, which says 20|expired|verification failed/,
    ],
    [
      'future',
      await issueBetween(authority, 'future'),
      /is not valid yet, or the clock here is wrong|not yet valid|verification failed/,
    ],
  ];
  for (const [name, { cert, key }, wanted] of servers) {
    let requests = 0;
    const server = createServer({ cert, key }, (_, response) => {
      requests += 1;
      response.end();
    });
    const port = await listen(server, '127.0.0.1', 0);
    t.after(() => close(server));
    for (const what of ['head', 'tree', 'digest'] as const) {
      const reason = await reasonOf(what, { [ADDRESS[what]]: `https://127.0.0.1:${port}` });
      assert.match(reason, /^TLS: /, `${what}, ${name}`);
      assert.match(reason, wanted, `${what}, ${name}`);
    }
    assert.equal(requests, 0, 'a token was shown to a stranger');
  }
  for (const what of ['head', 'tree', 'digest'] as const) {
    assert.match(await reasonOf(what, { caCertificates: undefined }), /^TLS: /);
    assert.deepEqual({ ...(await ask[what]()), value: 0 }, { known: true, value: 0 });
  }
});

test('O04 a repository that was deleted and made again: not known in between, and then its other history', async () => {
  const old = await shop.commit({ 'deploy/1-a/10-x.yml': 'a: 2\n' });
  const { name } = shop;
  await shop.remove();
  assert.match(await reasonOf('head'), /not found/);
  assert.match(await reasonOf('tree', { cloneYamlToken: undefined }), /not found, or it is private/);
  shop = await world.github.createRepository('acme', name, { private: true });
  assert.match(await reasonOf('head'), /is empty: it has no commit yet$/);
  const anew = await shop.commit({ 'deploy/1-a/10-x.yml': 'a: 3\n' });
  assert.deepEqual(await ask.head(), { known: true, value: anew });
  const settings = world.settings({ repository: { owner: 'acme', name } });
  const since = await commitsSince(world.git(), settings, { base: old, head: anew, signal: forever });
  assert.deepEqual(since, { known: true, value: [] }, 'there is no line from the old history to the new one');
});

test('O04 a branch that was renamed is missed by name, and followed when the default one is watched', async () => {
  const head = await ask.head({ branch: 'main' });
  await git(shop.path, ['branch', '--move', 'main', 'trunk']);
  assert.match(await reasonOf('head', { branch: 'main' }), /has no branch main$/);
  assert.deepEqual(await ask.head({ branch: 'trunk' }), head);
});
