import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { carriedOut, groups, installed, notReady, planOf } from './failure-model.ts';

describe('the last good manifests', () => {
  it('O01 are known to the inventory, and stay known: nothing is written for it', () => {
    const before = installed(groups('1'));
    const { plan } = planOf(before, groups('1'));
    assert.deepEqual([plan.steps, plan.moved], [[], []]);
    const text = groups('1')['3-shop/10-c.yml'] ?? '';
    const { '3-shop/10-c.yml': _c, ...others } = groups('1');
    const moved = planOf(before, { ...others, '5-other/10-c.yml': text }).plan.moved;
    assert.deepEqual(
      moved.map(({ source, good }) => [source, good]),
      [['deploy/5-other/10-c.yml', 3]],
    );
  });

  it('O01 O06 are kept for groups of which everything is done, of all kinds: what is deleted by hand comes back from them', () => {
    const { good, inventory } = installed(groups('1'));
    assert.deepEqual(
      [...good.keys()].map((id) => id.split('/').at(-1)),
      ['early', 'config', 'web', 'job', 'data', 'late'],
    );
    assert.deepEqual(
      inventory.objects.map(({ name, good: group }) => [name, group]),
      [
        ['early', 2],
        ['config', 3],
        ['web', 3],
        ['job', 3],
        ['data', 3],
        ['late', 4],
      ],
    );
  });

  it('O01 are those of the neighbours too of what is held because it cannot change in place', () => {
    const before = installed(groups('1'));
    const held = carriedOut(before, planOf(before, groups('2')), { config: { state: 'held' } });
    assert.deepEqual(held.good.get('/ConfigMap/shop/config'), before.good.get('/ConfigMap/shop/config'));
    assert.notDeepEqual(held.good.get('apps/Deployment/shop/web'), before.good.get('apps/Deployment/shop/web'));
  });

  it('O01 stay as they were for a group that failed, and go with what is deleted', () => {
    const before = installed(groups('1'));
    const { '4-late/10-c.yml': _late, ...rest } = groups('2');
    const failed = carriedOut(before, planOf(before, rest), { web: notReady, late: { state: 'not-reached' } });
    assert.deepEqual(failed.good.get('/ConfigMap/shop/config'), before.good.get('/ConfigMap/shop/config'));
    assert.notDeepEqual(failed.good.get('/ConfigMap/shop/early'), before.good.get('/ConfigMap/shop/early'));
    assert.ok(failed.good.has('/ConfigMap/shop/late'));
    const done = carriedOut(before, planOf(before, rest));
    assert.ok(!done.good.has('/ConfigMap/shop/late'));
  });
});
