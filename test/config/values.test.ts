import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadSettings, SettingsError } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { createAuthority } from '../cluster/authority.ts';

let root: string;
let pem: string;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'ordo-values-'));
  pem = (await createAuthority(join(root, 'authority'))).ca;
});
after(() => rm(root, { recursive: true, force: true }));

interface Case {
  key: string;
  property: keyof Settings;
  /** Text and what it becomes. */
  good: [string, unknown][];
  bad: string[];
}

const cut = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';

// PEM stands for a certificate.
const cases: Case[] = [
  { key: 'user-account', property: 'userAccount', good: [['a-b_c', 'a-b_c']], bad: ['a/b', '-a', 'a b'] },
  {
    key: 'repo-name',
    property: 'repository',
    good: [
      ['my.repo', { owner: 'Acme', name: 'my.repo' }],
      ['x/y', { owner: 'x', name: 'y' }],
    ],
    bad: ['..', 'x/..', '/y', 'a/b/c', 'y.git', 'https://github.com/x/y'],
  },
  {
    key: 'folder-name',
    property: 'folderName',
    good: [
      ['/deploy/', 'deploy'],
      ['a/b c', 'a/b c'],
    ],
    bad: ['a//b', 'a/../b', './a', '/', 'a\nb'],
  },
  {
    key: 'branch',
    property: 'branch',
    good: [['feature/x-1', 'feature/x-1']],
    bad: ['--orphan=zz', 'a..b', 'a b', 'a.lock', '.a/b', 'a/', '/a', 'a//b', 'a@{1}', '@', 'a:b', 'a^', 'a\\b', 'a.'],
  },
  {
    key: 'custom-container-prefix',
    property: 'customContainerPrefix',
    good: [
      ['my-app', 'my-app'],
      ['team/app', 'team/app'],
    ],
    bad: ['My', 'a-', 'a/../b'],
  },
  { key: 'image-account', property: 'imageAccount', good: [['Acme-Org', 'acme-org']], bad: ['a b', 'a//b'] },
  { key: 'image-tag', property: 'imageTag', good: [['v1.2_x-y', 'v1.2_x-y']], bad: ['-x', 'a:b', 'a'.repeat(129)] },
  {
    key: 'registry',
    property: 'registry',
    good: [['registry.local:5000', 'registry.local:5000']],
    bad: ['https://ghcr.io', 'ghcr.io/acme', 'a@b'],
  },
  {
    key: 'registry-url',
    property: 'registryUrl',
    good: [['https://r:5000/', 'https://r:5000']],
    bad: ['http://r', 'https://u:p@r', 'r'],
  },
  { key: 'api-url', property: 'apiUrl', good: [['https://ghe/api/v3', 'https://ghe/api/v3']], bad: ['http://ghe'] },
  {
    key: 'git-url',
    property: 'gitUrl',
    good: [['https://git.local/base/', 'https://git.local/base']],
    bad: ['ssh://git@x', 'https://x/?a=b', 'https://x/#a', 'ext::sh', 'file:///etc'],
  },
  { key: 'token', property: 'cloneYamlToken', good: [['gh_x', 'gh_x']], bad: ['two words', 'two\nlines', 'ümlaut'] },
  { key: 'pull-ghcr-image-token', property: 'pullGhcrImageToken', good: [['eyJh\ndXRo\n', 'eyJhdXRo']], bad: ['ü'] },
  {
    key: 'poll-interval',
    property: 'pollInterval',
    good: [
      ['1s', 1000],
      ['90m', 5_400_000],
      ['2h', 7_200_000],
    ],
    bad: ['0s', '1.5s', '1d', '600h', '-1s', '20', 's'],
  },
  { key: 'ready-timeout', property: 'readyTimeout', good: [['10m', 600_000]], bad: ['10'] },
  { key: 'commits', property: 'commits', good: [['newest', 'newest']], bad: ['Newest'] },
  { key: 'update', property: 'update', good: [['rolling', 'rolling']], bad: ['x'] },
  { key: 'on-failure', property: 'onFailure', good: [['stop', 'stop']], bad: ['retry'] },
  {
    key: 'max-deletes',
    property: 'maxDeletes',
    good: [
      ['0', 0],
      ['250', 250],
    ],
    bad: ['1e3', '2000000', '-1', '1.5'],
  },
  {
    key: 'update-window',
    property: 'updateWindow',
    good: [
      ['22:00-05:30', { spans: [{ days: [0, 1, 2, 3, 4, 5, 6], from: 1320, to: 330 }], zone: 'UTC' }],
      [
        'Fri-Mon 00:00-24:00,  wed 01:05-02:00   Europe/Berlin',
        {
          spans: [
            { days: [5, 6, 0, 1], from: 0, to: 1440 },
            { days: [3], from: 65, to: 120 },
          ],
          zone: 'Europe/Berlin',
        },
      ],
    ],
    bad: [
      'Mon',
      '22-05',
      '24:00-05:00',
      '10:00-10:00',
      '00:00-24:01',
      'Mo 10:00-11:00',
      '10:00-11:00 Berlin/Europe',
      '10:00-11:00,',
    ],
  },
  {
    key: 'restart-namespaces',
    property: 'restartNamespaces',
    good: [
      ['shop', ['shop']],
      ['shop, shop-test,shop', ['shop', 'shop-test']],
      ['none', []],
    ],
    bad: ['Shop', 'shop,', 'shop test', '*'],
  },
  {
    key: 'required-labels',
    property: 'requiredLabels',
    good: [
      ['app', { labels: [{ key: 'app' }], mode: 'report' }],
      [
        'env=test|prod, example.com/team',
        { labels: [{ key: 'env', values: ['test', 'prod'] }, { key: 'example.com/team' }], mode: 'report' },
      ],
    ],
    bad: ['env=', 'env=test|', '=test', 'env app', 'app,,env'],
  },
  {
    key: 'required-labels-mode',
    property: 'requiredLabels',
    good: [['hold', { labels: [], mode: 'hold' }]],
    bad: ['refuse'],
  },
  { key: 'log-format', property: 'logFormat', good: [['pretty', 'pretty']], bad: ['text'] },
  {
    key: 'ca-certificates',
    property: 'caCertificates',
    good: [
      ['PEM', 'PEM'],
      ['a comment\nPEM\nPEM', 'PEMPEM'],
    ],
    bad: [cut, 'PEM-----BEGIN CERTIFICATE-----\ncut', 'none'],
  },
];

function load(key: string, text: string): Settings {
  const variable = `ORDO_${key.toUpperCase().replaceAll('-', '_')}`;
  const env = { ORDO_USER_ACCOUNT: 'Acme', ORDO_REPO_NAME: 'shop', [variable]: text.replaceAll('PEM', pem) };
  return loadSettings({ directory: join(root, 'none'), env }).settings;
}

for (const { key, property, good, bad } of cases) {
  test(`${key}: what is taken and what is refused`, () => {
    for (const [text, wanted] of good) {
      const expected = typeof wanted === 'string' ? wanted.replaceAll('PEM', pem) : wanted;
      assert.deepEqual(load(key, text)[property], expected, text);
    }
    for (const text of bad) {
      assert.throws(
        () => load(key, text),
        (error) =>
          error instanceof SettingsError &&
          error.problems.length === 1 &&
          error.problems[0]?.startsWith(`${key} (ORDO_`),
        `${text} was taken`,
      );
    }
  });
}
