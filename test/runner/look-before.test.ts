import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wayOf } from '../../src/runner/look-before.ts';
import { isOrphanOf } from '../../src/runner/orphans.ts';

const kind = (group: string, name: string) => ({ group, kind: name, namespace: 'shop', name: 'a' });
const CRON_JOB = kind('batch', 'CronJob');
const STATEFUL_SET = kind('apps', 'StatefulSet');

describe('what is to be made anew', () => {
  const metadata = { name: 'a' };
  const active = { metadata, status: { active: [{ name: 'a-1' }] } };
  const claims = (whenDeleted: string) => ({
    metadata,
    spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted } },
  });
  const cases: [name: string, ...Parameters<typeof wayOf>, expected: ReturnType<typeof wayOf>][] = [
    ['a CronJob with a running Job is changed in place', CRON_JOB, active, 'in-place'],
    ['a CronJob at rest is deleted', CRON_JOB, { metadata, status: { active: [] } }, undefined],
    ['a CronJob that never ran is deleted', CRON_JOB, { metadata }, undefined],
    ['a StatefulSet whose claims would go leaves its pods behind', STATEFUL_SET, claims('Delete'), 'orphan'],
    ['a StatefulSet whose claims stay is deleted', STATEFUL_SET, claims('Retain'), undefined],
    ['a StatefulSet without a word about claims is deleted', STATEFUL_SET, { metadata, spec: {} }, undefined],
    ['any other kind is deleted', kind('apps', 'Deployment'), { ...active, ...claims('Delete') }, undefined],
  ];
  for (const [name, identity, live, expected] of cases) {
    it(name, () => assert.equal(wayOf(identity, live), expected));
  }
});

describe('a pod that a StatefulSet left behind', () => {
  const pod = (name: string, label = name, owners: { controller?: boolean }[] = []) => ({
    metadata: { name, labels: { 'statefulset.kubernetes.io/pod-name': label }, ownerReferences: owners },
  });
  it('has its name, a number and no owner', () => {
    assert.ok(isOrphanOf('db', pod('db-0')));
    assert.ok(isOrphanOf('db', pod('db-12', 'db-12', [{ controller: false }])));
  });
  it('is none that belongs to somebody, or is called otherwise', () => {
    for (const other of [
      pod('db-0', 'db-0', [{ controller: true }]),
      pod('db-0', 'other-0'),
      pod('db-x'),
      pod('db-'),
      pod('db2-0'),
      pod('db-a-0'),
      { metadata: { name: 'db-0' } },
    ]) {
      assert.ok(!isOrphanOf('db', other), JSON.stringify(other));
    }
  });
});
