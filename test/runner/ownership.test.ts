import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ManagedFields } from '../../src/runner/gates/shapes.ts';
import { otherOwners, takenOver } from '../../src/runner/ownership.ts';

const owner = (manager: string, operation: string, spec: Record<string, object>, more: ManagedFields = {}) => ({
  ...{ manager, operation, apiVersion: 'apps/v1' },
  ...{ fieldsV1: { 'f:spec': spec } },
  ...more,
});
const STATUS = owner('kube-controller-manager', 'Update', { a: {} }, { subresource: 'status' });
const SCALED = owner('kubectl', 'Update', { 'f:replicas': {} }, { subresource: 'scale' });
const AUTOSCALER = owner('hpa', 'Update', { 'f:replicas': {} });

describe('what kubectl wrote', () => {
  for (const manager of ['create', 'client-side-apply', 'edit', 'patch', 'replace', 'set']) {
    it(`with ${manager} becomes Ordo's`, () => {
      const theirs = owner(`kubectl-${manager}`, 'Update', { 'f:paused': {} });
      const ours = owner('ordo', 'Apply', { 'f:paused': {} });
      assert.deepEqual(takenOver([STATUS, theirs, AUTOSCALER]), [ours, STATUS, AUTOSCALER]);
    });
  }

  it('with server-side apply becomes Ordo’s', () => {
    assert.deepEqual(takenOver([owner('kubectl', 'Apply', { a: {} })]), [owner('ordo', 'Apply', { a: {} })]);
  });

  it('becomes one with what is Ordo’s already', () => {
    const template = (field: string) => ({ 'f:template': { 'f:spec': { [field]: {} } } });
    assert.deepEqual(
      takenOver([
        owner('kubectl-create', 'Update', template('f:a')),
        owner('ordo', 'Apply', template('f:b')),
        owner('kubectl-set', 'Update', { 'f:paused': {} }),
      ]),
      [owner('ordo', 'Apply', { 'f:template': { 'f:spec': { 'f:b': {}, 'f:a': {} } }, 'f:paused': {} })],
    );
  });

  it('under another API version belongs to nobody any more', () => {
    const old = owner('kubectl-create', 'Update', { 'f:old': {} }, { apiVersion: 'apps/v1beta1' });
    assert.deepEqual(takenOver([owner('kubectl-edit', 'Update', { 'f:a': {} }), old]), [
      owner('ordo', 'Apply', { 'f:a': {} }),
    ]);
  });

  it('in passing is not taken: a restart, a scale, a label, a status', () => {
    const passing = ['rollout', 'label', 'annotate'].map((verb) => owner(`kubectl-${verb}`, 'Update', {}));
    const status = owner('kubectl-edit', 'Update', {}, { subresource: 'status' });
    assert.equal(takenOver([STATUS, SCALED, AUTOSCALER, status, ...passing]), undefined);
    assert.equal(takenOver([]), undefined);
  });
});

it('other owners are named, but neither Ordo nor those of the status', () => {
  const owners = [STATUS, AUTOSCALER, SCALED, owner('ordo', 'Apply', {}), owner('kubectl-create', 'Update', {})];
  assert.deepEqual(otherOwners(owners), ['hpa', 'kubectl']);
});
