import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import type { Identity } from '../../src/domain/identity.ts';
import { known } from '../../src/domain/known.ts';
import type { LiveObject } from '../../src/domain/stamps.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { desiredGraph } from '../../src/plan/reference-notes.ts';
import { factsOf, isOrdos, type Subject } from '../../src/plan/why.ts';
import { COMMIT, configMap, EMPTY, namespace, outcomeOf, planFor, stamped, workload, type Files } from './fixtures.ts';

const FILES = {
  '1-a/10-n.yml': namespace('shop'),
  '2-web/10-c.yml': configMap('web', { a: '1' }),
  '2-web/20-w.yml': workload('web', { config: ['web', 'gone'] }),
};
const first = planFor(FILES, { live: {} }).plan;
const INVENTORY = nextInventory(EMPTY, first, 'key-1', outcomeOf(first));
const web: Identity = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
const conf: Identity = { group: '', kind: 'ConfigMap', namespace: 'shop', name: 'web' };
const ENTRY: HistoryEntry = {
  ...{ rollout: 1, commit: 'a'.repeat(40), state: 'done', fingerprint: '' },
  ...{ seen: '2026-01-02T03:04:05.000Z', begin: '2026-01-02T03:04:06.000Z' },
  steps: [
    { kind: 'apply', object: 'Deployment/shop/web', source: 'x', state: 'done', end: '2026-01-02T03:04:09.000Z' },
    { kind: 'delete', object: 'ConfigMap/shop/old', source: 'x', state: 'done', end: '2026-01-02T03:04:09.000Z' },
  ],
};

function subjectOf(identity: Identity, files: Files = FILES, more: Parameters<typeof planFor>[1] = {}): Subject {
  const { input, plan } = planFor(files, { inventory: INVENTORY, ...more });
  return { identity, inventory: INVENTORY, history: [ENTRY], now: { input, plan, graph: desiredGraph(input) } };
}

/** `about: line` of each. */
const said = (subject: Subject): string[] =>
  factsOf(subject).flatMap(({ about, lines }) => lines.map((line) => `${about}: ${line}`));

const FIELD = (index: number): string => `spec.template.spec.containers[0].envFrom[${index}].configMapRef.name`;

test('O14 why: where it comes from, what was done, how it is, what is next, what it uses and who uses it', () => {
  const hash = INVENTORY.objects.find(({ kind }) => kind === 'Deployment')?.hash ?? '';
  const stamp = { rollout: 1, hash, source: 'deploy/2-web/20-w.yml@c0ffee' };
  const live = { 'apps/Deployment/shop/web': known({ uid: 'u', deleting: false, stamp }) };
  assert.deepEqual(said(subjectOf(web, FILES, { live })), [
    `from: deploy/2-web/20-w.yml, document 1, group 2; commit ${COMMIT.slice(0, 10)}`,
    'last: rollout 1, 2026-01-02 03:04:09, commit aaaaaaaaaa: apply, done',
    'cluster: as recorded: applied by rollout 1, from deploy/2-web/20-w.yml@c0ffee',
    'next: nothing: it is as Git wants it',
    `uses: ConfigMap/shop/web  ${FIELD(0)} (configuration)`,
    `uses: ConfigMap/shop/gone  ${FIELD(1)} (configuration, not in the folder)`,
    'uses: Namespace/shop  metadata.namespace (needs)',
  ]);
  assert.deepEqual(
    said(subjectOf(conf)).filter((line) => line.startsWith('used')),
    [`usedBy: Deployment/shop/web  ${FIELD(0)} (configuration)`],
  );
});

test('O14 why: what the next plan would do, and why', () => {
  const next = (subject: Subject): string[] => said(subject).filter((line) => line.startsWith('next'));
  const changed = { ...FILES, '2-web/10-c.yml': configMap('web', { a: '2' }) };
  assert.deepEqual(next(subjectOf(web, changed)), ['next: recreate: ConfigMap/web changed']);
  const { '1-a/10-n.yml': _gone, ...others } = FILES;
  const shop = { group: '', kind: 'Namespace', namespace: '', name: 'shop' };
  assert.match(next(subjectOf(shop, others))[0] ?? '', /^next: hold: a Namespace is never deleted by a missing file/);
  const broken = { ...FILES, '2-web/20-w.yml': '', '2-web/w.yml': workload('web') };
  assert.deepEqual(next(subjectOf(web, broken)), [
    'next: hold: it still stands in deploy/2-web/w.yml: the file has no number: name it like 120-nameconfigmap.yml',
    'next: deploy/2-web/w.yml, document 1: the file has no number: name it like 120-nameconfigmap.yml',
  ]);
  const absent = { live: { 'apps/Deployment/shop/web': known(undefined) } };
  assert.deepEqual(next(subjectOf(web, FILES, absent)), ['next: apply: recorded, but not in the cluster any more']);
});

test('J05 O14 why: that somebody wants it left as it is', () => {
  const { object, ...rest } = { object: 'Deployment/shop/web', by: 'on-call', until: '2026-01-02T05:00:00.000Z' };
  const overrides = [{ object, ...rest, at: '2026-01-02T03:00:00.000Z' }];
  const subject = subjectOf(web, FILES, {
    inventory: { ...INVENTORY, overrides },
    live: { 'apps/Deployment/shop/web': known(stamped('u')) },
  });
  assert.ok(
    said(subject).includes(
      `next: overridden by on-call until ${rest.until}: it stays as it is; "ordo override ${object} --end" ends it`,
    ),
    said(subject).join('\n'),
  );
});

test('O14 why: how it is in the cluster', () => {
  const states: [live: LiveObject | undefined, line: string][] = [
    [undefined, 'it is not there'],
    [{ uid: 'u', deleting: true }, 'it is being deleted'],
    [{ uid: 'u', deleting: false }, 'what is there was not made by Ordo'],
    [stamped('u'), 'not as recorded: applied by rollout 1, from any'],
  ];
  for (const [live, line] of states) {
    const subject = subjectOf(web, FILES, { live: { 'apps/Deployment/shop/web': known(live) } });
    assert.ok(said(subject).includes(`cluster: ${line}`), line);
  }
});

test('O14 why: what was removed is known by the history alone, and is not Ordo’s any more', () => {
  const old = subjectOf({ ...conf, name: 'old' });
  assert.equal(isOrdos(old), false);
  assert.deepEqual(said(old), ['last: rollout 1, 2026-01-02 03:04:09, commit aaaaaaaaaa: delete, done']);
  const missing = subjectOf({ ...conf, name: 'gone' });
  assert.deepEqual(said(missing), [`usedBy: Deployment/shop/web  ${FIELD(1)} (configuration)`]);
});

test('O14 why: without a look at what is next the record is told', () => {
  const abouts = factsOf({ ...subjectOf(web), now: undefined }).map(({ about }) => about);
  assert.deepEqual(abouts, ['from', 'last']);
});
