import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registryFindings, repositoryFindings } from '../../src/check/outside.ts';
import { pullLogin } from '../../src/check/pull-token.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { InventoryObject } from '../../src/domain/inventory.ts';
import { known, unknown, type Known } from '../../src/domain/known.ts';
import { lines, settingsOf } from './fakes.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function outside({
  head = known('1234567890'.repeat(4)) as Known<string>,
  gitHead = head,
  digestOf = (): Known<string> => known(digest),
}: {
  head?: Known<string>;
  gitHead?: Known<string>;
  digestOf?: (image: string, settings: Settings) => Known<string>;
}) {
  return (settings: Settings) => ({
    head: async () => head,
    gitHead: async () => gitHead,
    digests: async (images: Iterable<string>) =>
      new Map([...images].map((image) => [image, digestOf(image, settings)])),
  });
}

const deployed = (...images: string[]): InventoryObject[] =>
  images.map((image) => ({
    ...{ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web', source: '', hash: '' },
    ...{ order: [1, 10, 'a', 'b', 0], outcome: 'done', images: { [image]: digest } },
  }));

test('D46 the head is asked of the API with its token, and of git; without a token of git alone', async () => {
  const text = 'the head of acme/shop is 1234567890';
  assert.deepEqual(lines(await repositoryFindings(settingsOf(), outside({}))), [`ok git: ${text}`]);
  const both = await repositoryFindings(
    settingsOf({ token: 'token-1' }),
    outside({ gitHead: unknown('Bad credentials: …') }),
  );
  assert.deepEqual(lines(both), [`ok API: ${text}`, 'FAIL git: Bad credentials: …']);
});

test('D46 a host that does not answer is told with the settings that lead there', async () => {
  const away = outside({ head: unknown('DNS: the name github.test cannot be resolved') });
  const [api, git] = lines(await repositoryFindings(settingsOf({ token: 'token-1' }), away));
  assert.match(api ?? '', /^FAIL API: DNS: the name .* try again, and look at api-url, ca-certificates/);
  assert.match(git ?? '', /look at git-url, ca-certificates/);
});

test('D46 images are those that are deployed, told together unless the reasons differ', async () => {
  const images = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `ghcr.io/acme/${name}:main`);
  const findings = await registryFindings(settingsOf(), outside({}), deployed(...images, ...images));
  assert.equal(findings.length, 1);
  assert.match(lines(findings)[0] ?? '', /^ok images: .*acme\/a:main, .*acme\/e:main, 2 more$/);
  const digestOf = (image: string): Known<string> =>
    image.includes('/c:') ? unknown('c:main not found') : image.includes('/d:') ? unknown('refused d') : known(digest);
  assert.deepEqual(
    lines(await registryFindings(settingsOf(), outside({ digestOf }), deployed(...images.slice(0, 4)))),
    [
      'ok images: the registry says the digest of ghcr.io/acme/a:main, ghcr.io/acme/b:main',
      'FAIL images: ghcr.io/acme/c:main: c:main not found',
      'FAIL images: ghcr.io/acme/d:main: refused d',
    ],
  );
  const first = await registryFindings(settingsOf({ 'custom-container-prefix': 'shop' }), outside({}), []);
  assert.deepEqual(lines(first), ['ok images: the registry says the digest of ghcr.io/acme/shop-ordo:main']);
});

test('D46 the token that nodes pull with is tried where it is another one, on its own registry', async () => {
  const digestOf = (_: string, { packageCheckerToken }: Settings): Known<string> =>
    packageCheckerToken === 'checks'
      ? known(digest)
      : unknown(`refused ${packageCheckerToken} in package-checker-token`);
  const ask = (pull: string) =>
    registryFindings(
      settingsOf({ 'package-checker-token': 'checks', 'pull-ghcr-image-token': pull }),
      outside({ digestOf }),
      deployed('ghcr.io/acme/a:main', 'quay.io/b/c:1'),
    );
  assert.equal((await ask('checks')).length, 1);
  assert.equal(
    lines(await ask('pulls'))[1],
    'FAIL pull token: ghcr.io/acme/a:main: refused pulls in pull-ghcr-image-token',
  );
  const config = base64(JSON.stringify({ auths: { 'quay.io': { auth: base64('a:b') } } }));
  assert.match(lines(await ask(config))[1] ?? '', /^warn pull token: .*without a login for ghcr\.io/);
});

test('D46 whom the nodes pull as: a plain token, or a docker config with auth or with user and password', () => {
  const config = (entry: object): string => base64(JSON.stringify({ auths: { 'ghcr.io': entry } }));
  const cases: [string, unknown][] = [
    ['ghp_plain', { user: 'acme', password: 'ghp_plain' }],
    [config({ auth: base64('me:se:cret') }), { user: 'me', password: 'se:cret' }],
    [config({ username: 'me', password: 'secret' }).replaceAll(/.{20}/g, '$&\n'), { user: 'me', password: 'secret' }],
    [config({}), undefined],
  ];
  for (const [token, login] of cases) assert.deepEqual(pullLogin(token, 'ghcr.io', 'acme'), login);
});
