import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { createAuthority } from '../cluster/authority.ts';
import { git } from '../standins/github/git.ts';
import { planText, valueOf } from './footprints.ts';
import { assertNowhere, formsOf } from './no-tokens.ts';
import { processes } from '../cluster/processes.ts';
import { configMap, deployment, namespace, pushApp, pushImage } from './samples.ts';
import { changeSettings } from './settings.ts';
import { ACCOUNT, installSite, NAMESPACE, ownFiles, siteOf, type Site } from './site.ts';
import { until } from './until.ts';
import { imageNow, imageOf, pinned, readWorkload, rolledOut } from './workloads.ts';
import { openWorld, type World } from './world.ts';

// One Ordo, and its settings Secret changed in place: each test points it at another outside.

const ONE = 'ghp_one-for-everything-0123456789';
const FOUR = {
  'yaml-commit-checker-token': 'ghp_asks-for-commits-0123456789',
  'clone-yaml-token': 'ghp_clones-yaml-0123456789',
  'package-checker-token': 'ghp_asks-for-digests-0123456789',
  'pull-ghcr-image-token': 'ghp_pulls-images-0123456789',
};
const [COMMITS, CLONE, PACKAGES, PULL] = Object.values(FOUR) as [string, string, string, string];
/** With a prefix set, even an empty one, the files name Ordo's own image: other registries and accounts do not move it. */
const PREFIX = { 'custom-container-prefix': '' };

// Versions of this file alone: what a node has already is pulled with no token at all.
let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', 'sources 1');
  site = await installSite({ world, name: 'sources', anonymous: true, settings: PREFIX, files: shop('first') });
});
after(() => world?.close());

const text = (value: string): Record<string, string> => ({
  'deploy/2-shop/100-shopconfigmap.yml': configMap('shop', 'shop', { value }),
});

function shop(value: string): Record<string, string> {
  return {
    ...text(value),
    'deploy/2-shop/10-shopnamespace.yml': namespace('shop'),
    'deploy/2-shop/170-webdeployment.yml': web(),
  };
}

const web = (replicas = 1): string =>
  deployment(world, { name: 'web', namespace: 'shop', pod: 'imagePullSecrets: [{ name: pull }]', replicas });

const PULL_SECRET = `
apiVersion: v1
kind: Secret
metadata: { name: pull, namespace: shop }
type: kubernetes.io/dockerconfigjson
stringData: { .dockerconfigjson: pull_ghcr_image_token }
`;

const set = (settings: Record<string, string | null>): Promise<void> => changeSettings(site, settings);

/** Waits until `ordo plan` says it; asking begins a pass at once. */
const said = (pattern: RegExp): Promise<boolean> =>
  until(`ordo plan to say ${pattern.source}`, async () => pattern.test(await planText(site)));

/** Waits until the commit is deployed and answers with what its ConfigMap holds. */
async function deployed(commit: string): Promise<string | undefined> {
  const isThere = async () => (await planText(site)) !== '' && (await site.sha()) === commit;
  await until(`${commit} to be deployed`, isThere, { explain: () => site.log() });
  return valueOf(site, 'shop', 'shop');
}

/** Which tokens were shown since these counts: to GitHub's API for commits, to git, and to the registry by Ordo and by the node. */
function shownSince([github, registry]: [number, number]): unknown[][] {
  const calls = world.github.requests().slice(github);
  const logins = world.registry.requests().slice(registry);
  const isApi = ({ path }: { path: string }): boolean => path.startsWith('/api/');
  const by = (agent: string) => logins.filter((login) => login.agent.startsWith(agent)).map((one) => one.password);
  // Every token may be shown to the API that is GitHub's own, to learn when it ends.
  const forCommits = calls.filter(({ path }) => isApi({ path }) && path.includes('/commits/'));
  const lists = [forCommits, calls.filter((call) => !isApi(call))].map((some) => some.map((one) => one.token));
  return [...lists, by('ordo').filter(Boolean), by('containerd').filter(Boolean)].map((list) => [...new Set(list)]);
}

const counts = (): [number, number] => [world.github.requests().length, world.registry.requests().length];

test('D29 a public repository and public images need no token: git alone is asked, which has no quota', async () => {
  assert.equal(await deployed(await site.commit(text('public'))), 'public');
  let digest = '';
  await rolledOut(site, 'Deployment/shop/web', async () => (digest = await pushApp(world, 'web', 'sources 2')));
  assert.equal(imageOf(await readWorkload(site, 'deployment', 'web', 'shop')), pinned('web', digest));
  assert.deepEqual(shownSince([0, 0]), [[], [undefined], [], []]);
  assert.ok(world.github.requests().every(({ counted }) => !counted));
});

test('D29 D34 when both become private Ordo says so and keeps what it has; one token opens everything', async () => {
  site.repository.private = true;
  world.registry.setPrivate('acme/web', true);
  const sha = await site.sha();
  const commit = await site.commit({ ...text('private'), 'deploy/2-shop/40-pullsecret.yml': PULL_SECRET });
  await said(/^head commit is not known since .*clone-yaml-token/m);
  assert.deepEqual([await site.sha(), await valueOf(site, 'shop', 'shop')], [sha, 'public']);

  const from = counts();
  world.github.addToken(ONE, { repositories: ['acme/sources'] });
  world.registry.addToken(ONE, { pull: ['acme/web'] });
  await set({ token: ONE });
  assert.equal(await deployed(commit), 'private');
  await rolledOut(site, 'Deployment/shop/web', () => pushApp(world, 'web', 'sources 3'));
  // What was asked before the token came is none of this.
  const shown = shownSince(from).map((tokens) => tokens.filter(Boolean));
  assert.deepEqual(shown, [[ONE], [ONE], [ONE], [ONE]]);
});

test('D34 four tokens, each for its own purpose, take the place of the one without a restart', async () => {
  for (const token of [COMMITS, CLONE]) world.github.addToken(token, { repositories: ['acme/sources'] });
  for (const token of [PACKAGES, PULL]) world.registry.addToken(token, { pull: ['acme/web'] });
  const from = counts();
  await set({ ...FOUR, token: null });
  world.github.removeToken(ONE);
  world.registry.removeToken(ONE);
  assert.equal(await deployed(await site.commit(text('four alone'))), 'four alone');
  await rolledOut(site, 'Deployment/shop/web', () => pushApp(world, 'web', 'sources 4'));
  const last = shownSince(from).map((tokens) => tokens.at(-1));
  assert.deepEqual(last, [COMMITS, CLONE, PACKAGES, PULL]);
});

test('D35 no token stands on disk, among the arguments of a process, in Git, or in what others may read', async () => {
  const forms = formsOf([ONE, ...Object.values(FOUR)], ['acme', 'x-access-token']);
  // Slow enough for git to be looked at.
  world.github.fail({ delay: 300, match: ({ path }) => path.includes('git-upload-pack') });
  const commit = await site.commit(text('looked at'));
  const seen = new Set<string>();
  await until('the commit to be deployed', async () => {
    for (const { command } of await processes()) seen.add(command);
    return (await site.sha()) === commit;
  }).finally(() => world.github.fail(undefined));
  assert.ok([...seen].some((command) => command.includes('git-remote-https') || command.includes('remote-https')));
  for (const form of forms) assert.ok(![...seen].some((command) => command.includes(form)), 'in a process');

  const patterns = forms.flatMap((form) => ['-e', form]);
  const grep = ['grep', '-rlsF', '--exclude-dir=proc', '--exclude-dir=sys', ...patterns, '/'];
  const { stdout } = await world.cluster.kubectl(['-n', NAMESPACE, 'exec', 'deploy/ordo', '--', ...grep]);
  const files = stdout.split('\n').filter((path) => path !== '');
  assert.ok(files.length > 0 && files.every((path) => path.startsWith('/etc/ordo/settings/')), files.join(' '));
  const kind = await site.kubectl('-n', NAMESPACE, 'exec', 'deploy/ordo', '--', ...STAT);
  assert.equal(kind.trim(), 'tmpfs');

  const inGit = await git(site.repository.path, ['log', '--patch', '--all']);
  assert.ok(inGit.includes('pull_ghcr_image_token') && !forms.some((form) => inGit.includes(form)));
  await assertNowhere(site, forms);
});

const STAT = ['stat', '--file-system', '--format=%T', '/etc/ordo/settings'];

test('D47 D48 repository, images and single workloads of different accounts', async () => {
  const repository = await world.github.createRepository('Elsewhere', 'config', { private: true });
  for (const token of [COMMITS, CLONE]) world.github.addToken(token, { repositories: ['elsewhere/config'] });
  for (const token of [PACKAGES, PULL]) world.registry.addToken(token, { pull: ['pictures/web', 'third/tool'] });
  for (const name of ['pictures/web', 'third/tool']) world.registry.setPrivate(name, true);
  const [picture, tool] = [
    await pushImage(world, 'pictures/web:main', '1'),
    await pushImage(world, 'third/tool:v1', '1'),
  ];
  const annotations = { 'ordo.dev/image': 'ghcr.io/third/tool:v1' };
  site = siteOf(world, repository);
  const pod = 'imagePullSecrets: [{ name: pull }]';
  const commit = await site.commit({
    ...(await ownFiles(PREFIX)),
    ...shop('elsewhere'),
    'deploy/2-shop/40-pullsecret.yml': PULL_SECRET,
    'deploy/2-shop/180-tooldeployment.yml': deployment(world, { name: 'tool', namespace: 'shop', annotations, pod }),
  });
  await set({ 'repo-name': 'elsewhere/config', 'image-account': 'Pictures' });
  assert.equal(await deployed(commit), 'elsewhere');
  const images = async () => Promise.all(['web', 'tool'].map((name) => imageNow(site, name, 'shop')));
  const third = 'ghcr.io/third/tool:v1@';
  // A registry that does not answer in time holds a workload, and the commit counts as deployed all the same.
  const pictures = `ghcr.io/pictures/web:main@${picture}`;
  await until('the images of both accounts', async () => isDeepStrictEqual(await images(), [pictures, third + tool]));
  let moved = '';
  await rolledOut(site, 'Deployment/shop/tool', async () => (moved = await pushImage(world, 'third/tool:v1', '2')));
  assert.deepEqual(await images(), [pictures, third + moved]);
});

test('D29 GitHub Enterprise behind a path and with an authority of its own; a stranger is not trusted', async () => {
  await set({ 'git-url': `${world.github.gitUrl}/scm` });
  const [from] = counts();
  assert.equal(await deployed(await site.commit(text('enterprise'))), 'enterprise');
  const behind = world.github.requests().slice(from);
  assert.ok(behind.some(({ path }) => path.startsWith('/scm/elsewhere/config.git/')));
  const stranger = await createAuthority(join(site.repository.path, '..', 'stranger'));
  const sha = await site.sha();
  await set({ 'ca-certificates': stranger.ca });
  await said(/^head commit is not known since .*certificate/m);
  assert.equal(await site.sha(), sha);
  await set({ 'ca-certificates': world.authority.ca, 'git-url': world.github.gitUrl });
  assert.equal(await deployed(await site.commit(text('trusted'))), 'trusted');
});

test('D29 a branch is followed, not missed when it is renamed, and followed again when it is made anew', async () => {
  const { repository } = site;
  await git(repository.path, ['branch', 'release', 'main']);
  await set({ branch: 'release' });
  const onBranch = await repository.commit(text('release'), 'release', { branch: 'release' });
  assert.equal(await deployed(onBranch), 'release');
  await site.commit(text('main'));
  assert.equal(await deployed(await repository.commit(text('next'), 'next', { branch: 'release' })), 'next');

  await git(repository.path, ['branch', '--move', 'release', 'renamed']);
  await said(/^head commit is not known since .*Elsewhere\/config has no branch release/im);
  assert.equal(await valueOf(site, 'shop', 'shop'), 'next');
  const anew = await repository.commit({ ...(await ownFiles(PREFIX)), ...shop('anew') }, 'anew', { branch: 'release' });
  assert.equal(await deployed(anew), 'anew');
  assert.equal(await site.get('deployment', 'tool', 'shop'), undefined, 'it is not on the new branch');

  await git(repository.path, ['branch', '--move', 'main', 'trunk']);
  await set({ branch: null });
  assert.equal(await deployed(await repository.commit(text('trunk'), 'trunk', { branch: 'trunk' })), 'trunk');
});

test('D29 an empty repository is said to be empty, and nothing is removed for it', async () => {
  const repository = await world.github.createRepository(ACCOUNT, 'empty');
  const before = await site.sha();
  await set({ 'repo-name': 'empty' });
  await said(/^head commit is not known since .*acme\/empty is empty/m);
  assert.deepEqual([await site.sha(), await valueOf(site, 'shop', 'shop')], [before, 'trunk']);
  site = siteOf(world, repository);
  const files = { ...(await ownFiles(PREFIX)), ...shop('no longer empty') };
  assert.equal(await deployed(await site.commit(files)), 'no longer empty');
});

test('D47 another registry: its name stands in images and pull credential, its address is asked', async () => {
  const digest = await pushImage(world, 'pictures/web:v2', '3');
  const files = { 'deploy/2-shop/40-pullsecret.yml': PULL_SECRET, 'deploy/2-shop/170-webdeployment.yml': web(0) };
  // No node knows that registry: nothing is to run.
  await deployed(await site.commit(files));
  await set({ registry: 'images.example.com', 'image-tag': 'v2' });
  const image = `images.example.com/pictures/web:v2@${digest}`;
  await until('the image to be the other registry’s', async () => {
    await planText(site);
    return (await imageNow(site, 'web', 'shop')) === image;
  });
  const secret = await site.get<{ data: Record<string, string> }>('secret', 'pull', 'shop');
  const config = Buffer.from(secret?.data['.dockerconfigjson'] ?? '', 'base64').toString();
  assert.deepEqual(Object.keys((JSON.parse(config) as { auths: object }).auths), ['images.example.com']);
});
