import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { loadRestartSettings, loadSettings, SettingsError } from '../../src/config/load.ts';
import { createAuthority } from '../cluster/authority.ts';

const required = { 'user-account': 'Acme', 'repo-name': 'shop' };

let root: string;
let folders = 0;
let pem: string;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'ordo-settings-'));
  pem = (await createAuthority(join(root, 'authority'))).ca;
});
after(() => rm(root, { recursive: true, force: true }));

async function folderWith(files: Record<string, string>): Promise<string> {
  const directory = join(root, `settings-${(folders += 1)}`);
  await mkdir(directory);
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}

async function load(files: Record<string, string>, env: Record<string, string> = {}) {
  return loadSettings({ directory: await folderWith(files), env });
}

async function problems(files: Record<string, string>, env: Record<string, string> = {}): Promise<readonly string[]> {
  const directory = await folderWith(files);
  try {
    loadSettings({ directory, env });
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    for (const problem of error.problems) assert.ok(error.message.includes(problem));
    return error.problems.map((problem) => problem.replaceAll(directory, 'DIR'));
  }
  return [];
}

test('the two required settings are enough', async () => {
  const { settings, warnings } = await load(required);
  assert.deepEqual(warnings, []);
  assert.deepEqual(settings, {
    userAccount: 'Acme',
    repository: { owner: 'Acme', name: 'shop' },
    folderName: 'deploy',
    branch: undefined,
    customContainerPrefix: '',
    imageAccount: 'acme',
    imageTag: 'main',
    registry: 'ghcr.io',
    registryUrl: 'https://ghcr.io',
    apiUrl: 'https://api.github.com',
    gitUrl: 'https://github.com',
    caCertificates: undefined,
    yamlCommitCheckerToken: undefined,
    cloneYamlToken: undefined,
    packageCheckerToken: undefined,
    pullGhcrImageToken: undefined,
    pollInterval: 20_000,
    readyTimeout: 300_000,
    commits: 'each',
    update: 'recreate',
    onFailure: 'rollback',
    drift: 'repair',
    maxDeletes: 10,
    updateWindow: undefined,
    restartNamespaces: undefined,
    requiredLabels: { labels: [], mode: 'report' },
    logFormat: 'json',
  });
});

test('a variable beats a file, a file beats the default, and what is empty counts as not set', async () => {
  const files = { ...required, 'image-tag': 'dev\n', 'poll-interval': '5s', branch: ' \n', 'pvc-name': 'claim' };
  const { settings } = await load(files, { ORDO_POLL_INTERVAL: '2m', ORDO_IMAGE_TAG: '', ORDO_BRANCH: 'next' });
  assert.equal(settings.pollInterval, 120_000);
  assert.equal(settings.branch, 'next');
  // An empty variable takes the file's value away.
  assert.equal(settings.imageTag, 'main');
});

test('everything can come from variables; the directory need not exist', () => {
  const env = { ORDO_USER_ACCOUNT: 'acme', ORDO_REPO_NAME: 'other/shop' };
  const { settings } = loadSettings({ directory: join(root, 'nowhere'), env });
  assert.deepEqual(settings.repository, { owner: 'other', name: 'shop' });
  assert.equal(settings.imageAccount, 'acme');
});

test('all wrong settings are named at once: which, where, what was expected, what was found', async () => {
  const files = {
    'repo-name': 'a/b/c',
    'poll-interval': '20',
    'api-url': 'http://api',
    tokens: 'x',
    'max-deletes': '-1',
  };
  assert.deepEqual((await problems(files, { ORDO_COMMITS: 'all', ORDO_FOLDER_NAME: '../etc' })).toSorted(), [
    'DIR/tokens: unknown setting, expected one of user-account, repo-name, folder-name, branch, custom-container-prefix, image-account, image-tag, registry, registry-url, api-url, git-url, ca-certificates, token, yaml-commit-checker-token, clone-yaml-token, package-checker-token, pull-ghcr-image-token, poll-interval, ready-timeout, commits, update, on-failure, drift, max-deletes, update-window, restart-namespaces, required-labels, required-labels-mode, log-format, pvc-name',
    'api-url (DIR/api-url): expected an https:// address without credentials (http is refused everywhere), found "http://api"',
    'commits (ORDO_COMMITS): expected each or newest, found "all"',
    'folder-name (ORDO_FOLDER_NAME): expected a folder of the repository such as deploy, without . and .. in it, found "../etc"',
    'max-deletes (DIR/max-deletes): expected a whole number from 0 to 1000000, found "-1"',
    'poll-interval (DIR/poll-interval): expected a duration from 1s to 596h, as 20s, 5m or 1h, found "20"',
    'repo-name (DIR/repo-name): expected a repository as NAME or OWNER/NAME, without .git, found "a/b/c"',
    'user-account: missing, expected the name of a GitHub user or organisation in DIR/user-account or ORDO_USER_ACCOUNT',
  ]);
  assert.match((await problems({ ...required, extra: '' }))[0] ?? '', /^DIR\/extra: unknown setting/);
  assert.deepEqual(await problems({ 'repo-name': 'shop', 'user-account': '\n' }), [
    'user-account: empty in DIR/user-account, expected the name of a GitHub user or organisation',
  ]);
});

test('an unknown variable is a warning; those that are not settings and those of tests are none', async () => {
  const env = {
    ORDO_SERVICE_HOST: '10.0.0.1',
    ORDO_NAMESPACE: 'a',
    ORDO_POD: 'b',
    ORDO_SETTINGS_DIR: 'c',
    ORDOTEST_X: 'd',
  };
  assert.deepEqual((await load(required, env)).warnings, [
    'ORDO_SERVICE_HOST: no setting is called so, the variable is ignored',
  ]);
});

test('token stands in for each of the four that is missing; an empty token file is none', async () => {
  const one = (await load({ ...required, token: 'one\n', 'clone-yaml-token': 'two' })).settings;
  assert.deepEqual(
    [one.yamlCommitCheckerToken, one.cloneYamlToken, one.packageCheckerToken, one.pullGhcrImageToken],
    ['one', 'two', 'one', 'one'],
  );
  const all = (await load({ ...required, token: 'one' })).settings;
  assert.deepEqual([all.cloneYamlToken, all.packageCheckerToken], ['one', 'one']);
  const none = (await load({ ...required, token: '\n', 'clone-yaml-token': '' })).settings;
  assert.deepEqual([none.cloneYamlToken, none.packageCheckerToken], [undefined, undefined]);
});

test('no message ever holds a token, wherever it was put', async () => {
  const directory = await folderWith({});
  const tokenText = fc.stringMatching(/^[A-Za-z0-9_+/=."'\\-]{8,40}$/);
  const place = fc.constantFrom('ORDO_BRANCH', 'ORDO_API_URL', 'ORDO_POLL_INTERVAL', 'ORDO_REGISTRY', 'ORDO_TOKEN');
  fc.assert(
    fc.property(tokenText, place, (secret, name) => {
      const env = { ORDO_CLONE_YAML_TOKEN: secret, ORDO_TOKEN: `${secret} and more`, [name]: `${secret} :~ ` };
      const inUrl = { ORDO_GIT_URL: `https://x:${secret}@github.com/` };
      assert.throws(
        () => loadSettings({ directory, env: { ...env, ...inUrl } }),
        (error: Error) =>
          !error.message.includes(secret) && !error.message.includes(JSON.stringify(secret).slice(1, -1)),
      );
    }),
  );
});

test('a token that stands where none belongs is not shown either', async () => {
  const secret = `ghp_${'a1'.repeat(18)}`;
  const [problem = ''] = await problems({ ...required, branch: `${secret}..x` });
  assert.match(problem, /^branch .*found "\[redacted\]\.\.x"$/);
});

test('a Secret as the kubelet mounts it is read, and a rotated token is seen at the next call', async () => {
  const directory = join(root, 'mounted');
  await mkdir(directory);
  const mount = async (version: string, files: Record<string, string>) => {
    await mkdir(join(directory, version));
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, version, name), text);
    await symlink(version, join(directory, '..tmp'));
    await rename(join(directory, '..tmp'), join(directory, '..data'));
  };
  await mount('..1', { ...required, token: 'first' });
  for (const name of ['user-account', 'repo-name', 'token']) await symlink(`..data/${name}`, join(directory, name));
  assert.equal(loadSettings({ directory, env: {} }).settings.cloneYamlToken, 'first');
  await mount('..2', { ...required, token: 'second' });
  assert.equal(loadSettings({ directory, env: {} }).settings.cloneYamlToken, 'second');
});

test('names that begin with a dot are not settings', async () => {
  const { settings } = await load({ ...required, '.token': 'hidden', '..x': 'hidden' });
  assert.equal(settings.cloneYamlToken, undefined);
});

test('a directory in place of a file, or a file in place of the directory, is said', async () => {
  const directory = await folderWith(required);
  await mkdir(join(directory, 'token'));
  assert.throws(() => loadSettings({ directory, env: {} }), /token: expected a readable file, found EISDIR/);
  const file = join(directory, 'repo-name');
  assert.throws(() => loadSettings({ directory: file, env: {} }), /expected a directory of settings, found ENOTDIR/);
});

test('reading is cheap enough for every pass', async () => {
  const directory = await folderWith({ ...required, token: 'x', 'ca-certificates': pem });
  for (let warm = 0; warm < 20; warm += 1) loadSettings({ directory, env: {} });
  const begin = performance.now();
  for (let round = 0; round < 50; round += 1) loadSettings({ directory, env: {} });
  const each = (performance.now() - begin) / 50;
  assert.ok(each < 20, `${each.toFixed(2)} ms`);
});

test('R12 restarts alone need no repository, and look at nothing else', async () => {
  const files = { ...required, 'poll-interval': 'soon', 'restart-namespaces': 'shop' };
  const { settings } = loadRestartSettings({ directory: await folderWith(files), env: { ORDO_LOG_FORMAT: 'pretty' } });
  assert.deepEqual(settings, { restartNamespaces: ['shop'], updateWindow: undefined, logFormat: 'pretty' });
  const bad = await folderWith({ 'restart-namespaces': '*', other: 'x' });
  assert.throws(
    () => loadRestartSettings({ directory: bad, env: {} }),
    (error) => error instanceof SettingsError && error.problems.length === 2,
  );
});
