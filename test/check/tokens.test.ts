import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDaily } from '../../src/check/daily.ts';
import { tokenFindings } from '../../src/check/tokens.ts';
import { known, unknown, type Known } from '../../src/domain/known.ts';
import type { TokenFacts } from '../../src/domain/token.ts';
import type { Sources } from '../../src/sources.ts';
import { noLog } from '../../src/util/logger.ts';
import { lines, settingsOf } from './fakes.ts';

const DAY = 86_400_000;
const now = new Date('2026-11-21T12:00:00Z');
const good: TokenFacts = { isGood: true, scopes: undefined, expires: undefined };
const inDays = (days: number): TokenFacts => ({ ...good, expires: new Date(now.getTime() + days * DAY) });

async function find(settings: Record<string, string>, facts: (token: string) => Known<TokenFacts>) {
  const asked: string[] = [];
  const token = async (one: string): Promise<Known<TokenFacts>> => {
    asked.push(one);
    return facts(one);
  };
  return { found: lines(await tokenFindings(settingsOf(settings), () => ({ token }), now)), asked };
}

const ALL = 'yaml-commit-checker-token, clone-yaml-token, package-checker-token, pull-ghcr-image-token';

test('O12 no token is no fault; one for everything is looked at once', async () => {
  assert.deepEqual(await find({}, () => known(good)), {
    found: [`ok token: ${ALL}: none, only what is public can be read`],
    asked: [],
  });
  const facts = known({ ...good, scopes: ['repo', 'read:packages'] });
  assert.deepEqual(await find({ token: 'ghp_one' }, () => facts), {
    found: [`ok token: ${ALL}: classic token, scopes repo, read:packages, no expiry told`],
    asked: ['ghp_one'],
  });
});

// Days to its end, what is said of it.
const ends: [number, string, RegExp][] = [
  [15, 'ok', /expires 2026-12-06 \(in 15 days\)$/],
  [14, 'warn', /expires 2026-12-05 \(in 14 days\); make a new one and put it into the settings Secret/],
  [1.5, 'warn', /\(in 1 day\); make/],
  [0.5, 'warn', /\(within a day\); make/],
  [-0.5, 'warn', /\(is over\); make/],
];
for (const [days, level, wanted] of ends) {
  test(`O12 a token that ends in ${days} days: ${level}`, async () => {
    const { found } = await find({ 'yaml-commit-checker-token': 'github_pat_x' }, () => known(inDays(days)));
    const line = found[0] ?? '';
    assert.ok(line.startsWith(`${level} token: yaml-commit-checker-token: fine-grained token, `), line);
    assert.match(line, wanted);
  });
}

test('O12 a token that is refused, of the wrong kind, or without the right for packages', async () => {
  const cases: [Record<string, string>, Known<TokenFacts>, RegExp][] = [
    [{ 'clone-yaml-token': 'ghp_a' }, known({ ...good, isGood: false }), /^FAIL .*refused: it is wrong, expired or/],
    [{ 'clone-yaml-token': 'ghs_a' }, known(good), /^warn .*which ends within hours: take a personal access token/],
    [
      { 'package-checker-token': 'github_pat_a' },
      known(good),
      /^warn .*GitHub's registry takes classic tokens only, for package-checker-token$/,
    ],
    [
      { 'package-checker-token': 'ghp_a' },
      known({ ...good, scopes: ['repo'] }),
      /^warn .*scopes repo, .*package-checker-token needs read:packages$/,
    ],
    [{ 'package-checker-token': 'ghp_a' }, known({ ...good, scopes: ['write:packages'] }), /^ok /],
    [{ 'clone-yaml-token': 'ghp_a' }, known({ ...good, scopes: [] }), /^ok .*classic token, no scopes, /],
    [{ 'clone-yaml-token': 'ghp_a' }, unknown('DNS: no'), /^ok .*its expiry is not known: DNS: no$/],
    [{ 'clone-yaml-token': '0123abcd' }, known(good), /^ok .*token of a kind that Ordo does not know, no expiry told/],
  ];
  for (const [settings, facts, wanted] of cases) {
    const { found } = await find(settings, () => facts);
    assert.match(found[0] ?? '', wanted);
  }
});

test('O12 a token is shown to the API of its own house alone; a docker config is looked into', async () => {
  const config = Buffer.from(JSON.stringify({ auths: { 'ghcr.io': { username: 'me', password: 'ghp_in' } } }));
  const pull = { 'package-checker-token': 'ghp_p', 'pull-ghcr-image-token': config.toString('base64') };
  const askedWith = async (settings: Record<string, string>) => (await find(settings, () => known(good))).asked;
  assert.deepEqual(await askedWith(pull), ['ghp_p', 'ghp_in']);
  const elsewhere = await find({ ...pull, registry: 'quay.io' }, () => known(good));
  assert.deepEqual(elsewhere.asked, []);
  assert.match(elsewhere.found[0] ?? '', /^ok token: package-checker-token: classic token, not one of the API's host$/);
  const enterprise = { ...pull, 'api-url': 'https://ghe.example.com/api/v3', 'git-url': 'https://ghe.example.com' };
  assert.deepEqual(await askedWith({ ...enterprise, 'clone-yaml-token': 'c' }), ['c']);
  const own = { registry: 'containers.ghe.example.com' };
  assert.deepEqual(await askedWith({ ...enterprise, 'pull-ghcr-image-token': 'x', ...own }), ['ghp_p', 'x']);
});

test('O12 the daily look: at the start, a day later, an hour later when nothing answered, at once with a new token', async () => {
  const clock = { at: now.getTime(), now: () => new Date(clock.at), sleep: async () => undefined };
  const daily = createDaily({ clock, images: () => ['ghcr.io/acme/web:main'] });
  const logged: unknown[] = [];
  const log = { ...noLog, warn: (fields: object) => void logged.push(fields) };
  let facts: Known<TokenFacts> = known(inDays(10.5));
  let looks = 0;
  const sources: Partial<Sources> = {
    async token() {
      looks += 1;
      return facts;
    },
    gitHead: async () => unknown('DNS: the name github.com cannot be resolved'),
    digests: async (images) =>
      new Map([...images].map((image) => [image, unknown('refused the token in package-checker-token')])),
  };
  const look = (after: number, settings: Record<string, string> = { 'clone-yaml-token': 'ghp_a' }): Promise<void> => {
    clock.at += after;
    return daily.look(settingsOf(settings), sources as Sources, log);
  };
  await look(0);
  assert.equal(looks, 1);
  const [first = '', ...others] = daily.warnings();
  assert.match(first, /^token: clone-yaml-token: classic token, expires 2026-12-02 \(in 10 days\); make a new one/);
  assert.deepEqual(others, [], 'a host that is away is no warning about tokens');
  assert.equal(logged.length, 1);
  await look(59 * 60_000);
  assert.equal(looks, 1);
  await look(60_000);
  assert.equal(looks, 2, 'git could not be asked');
  assert.equal(logged.length, 1, 'the same warning is logged once');

  sources.gitHead = async () => known('1'.repeat(40));
  await look(3_600_000);
  await look(DAY - 1);
  assert.equal(looks, 3);
  await look(1);
  assert.equal(looks, 4);
  facts = known(good);
  await look(0, { 'clone-yaml-token': 'ghp_b', 'pull-ghcr-image-token': 'ghp_b' });
  assert.equal(looks, 5);
  assert.deepEqual(
    daily.warnings().map((line) => line.split(':')[0]),
    ['pull token'],
  );
});
