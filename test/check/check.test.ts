import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { check } from '../../src/check/check.ts';
import { nodeFindings, stateFinding, versionFinding } from '../../src/check/cluster.ts';
import { diskFinding, spaceFinding } from '../../src/check/disk.ts';
import { StateError } from '../../src/cluster/config-maps.ts';
import type { State } from '../../src/cluster/state.ts';
import { known, unknown } from '../../src/domain/known.ts';
import { ExternalError } from '../../src/util/errors.ts';
import { fakeClient, lines, settingsOf } from './fakes.ts';

const NODES = '/api/v1/nodes';
const node = (name: string, ...types: string[]) => ({
  metadata: { name },
  status: {
    conditions: [...types.map((type) => ({ type, status: 'True' })), { type: 'PIDPressure', status: 'False' }],
  },
});
const state: State = {
  isSuspended: false,
  isRecorded: true,
  sha: undefined,
  inventory: { version: 1, rollout: 7, commit: '', key: '', objects: [] },
  version: '',
  history: async () => [],
  key: { id: '', hasher: (text) => text },
};
const outside = {
  head: async () => known('1'.repeat(40)),
  gitHead: async () => unknown('the repository is gone'),
  digests: async (images: Iterable<string>) => new Map([...images].map((image) => [image, known('sha256:1')])),
  token: async () => unknown('nobody asks: there is no token'),
};
const options = (paths: Record<string, unknown>, read: () => Promise<State> = async () => state) => ({
  settings: settingsOf(),
  warnings: [],
  client: fakeClient(paths).client,
  store: { read },
  sources: () => outside,
  workFolder: tmpdir(),
  namespace: 'admin',
  pod: '',
});
const healthy = {
  '/version': { minor: '34+', gitVersion: 'v1.34.4' },
  '/api/v1/namespaces/admin/serviceaccounts': { items: [{}] },
  [NODES]: { items: [node('a', 'Ready')] },
};

test('D46 everything is looked at, each in its line; what fails hides nothing else', async () => {
  const findings = await check(
    options(healthy, async () => {
      throw new StateError('ConfigMap ordo-inventory cannot be read: restore it');
    }),
  );
  assert.deepEqual(lines(findings).slice(0, -1), [
    'ok settings: complete and understood',
    'ok cluster: Kubernetes v1.34.4',
    'FAIL state: ConfigMap ordo-inventory cannot be read: restore it',
    'ok own rights: all 30 of them',
    'ok rights of ordo-runner: every right',
    'ok nodes: 1 ready, none short of anything',
    'FAIL git: the repository is gone',
    'ok images: the registry says the digest of ghcr.io/acme/ordo:main',
    'ok token: yaml-commit-checker-token, clone-yaml-token, package-checker-token, pull-ghcr-image-token: none, only what is public can be read',
  ]);
  assert.equal(findings.at(-1)?.what, 'disk');
});

test('D46 a cluster that does not answer is said once; the outside is looked at all the same', async () => {
  const away = { '/version': new ExternalError('the API server does not answer: ECONNREFUSED') };
  const found = await check({ ...options(away), warnings: ['ORDO_X: no setting is called so'] });
  assert.deepEqual(lines(found).slice(0, 3), [
    'warn settings: ORDO_X: no setting is called so',
    'FAIL cluster: the API server does not answer: ECONNREFUSED; look at the API server, and at the way from the pod to it',
    'FAIL git: the repository is gone',
  ]);
});

test('D46 versions before 1.29 are too old', async () => {
  for (const [minor, level] of Object.entries({ '28': 'FAIL', '29': 'ok', '34+': 'ok', '': 'FAIL' })) {
    const { client } = fakeClient({ '/version': { minor, gitVersion: `v1.${minor}.1` } });
    assert.equal((await versionFinding(client)).level, level, minor);
  }
});

test('D46 nodes under pressure or away are named', async () => {
  const items = [
    node('a', 'Ready'),
    node('full', 'Ready', 'DiskPressure'),
    node('b', 'Ready', 'MemoryPressure'),
    node('off'),
  ];
  const found = await nodeFindings(fakeClient({ [NODES]: { items } }).client);
  assert.deepEqual(
    found.map(({ level, what, reason }) => [level, what, reason.split(':')[0]]),
    [
      ['FAIL', 'node full', 'DiskPressure'],
      ['warn', 'node b', 'MemoryPressure'],
      ['warn', 'node off', 'not Ready'],
    ],
  );
});

test('D46 the stop switch is a warning', () => {
  assert.equal(stateFinding(state).level, 'ok');
  assert.match(lines([stateFinding({ ...state, isSuspended: true })])[0] ?? '', /^warn state: .*ordo\.dev\/suspend/);
});

test('D46 the work folder: room, little room, none, not there', async () => {
  const MIB = 1024 * 1024;
  const levels = [31, 32, 255, 256].map((free) => spaceFinding('/w', free * MIB).level);
  assert.deepEqual(levels, ['FAIL', 'warn', 'warn', 'ok']);
  assert.match((await diskFinding(tmpdir())).reason, / MiB free in /);
  assert.deepEqual(lines([await diskFinding('/nowhere')]), [
    'FAIL disk: the work folder /nowhere cannot be read (ENOENT): ORDO_WORK_DIR names it',
  ]);
});

test('D46 an inventory that nobody can read is said, with what becomes of it', async () => {
  const findings = await check(options(healthy, async () => ({ ...state, isRecorded: false, damaged: 'it was cut' })));
  assert.ok(
    lines(findings).includes(
      'warn state: ConfigMap ordo-inventory cannot be read (it was cut): the next pass rebuilds it from the stamps',
    ),
  );
});
