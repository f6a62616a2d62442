import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { known } from '../../src/domain/known.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { activeQuarantine, underQuarantine } from '../../src/plan/quarantine.ts';
import { carriedOut, groups, installed, notReady, nothing, planOf, planUnder, putBack } from './failure-model.ts';
import { brief, configMap, DIGEST, OTHER_DIGEST, service, workload, type Files } from './fixtures.ts';

describe('what failed and its group', () => {
  it('O01 goes back as a whole: changed objects restored, new workloads and Services removed, Jobs and claims left', () => {
    const before = installed(groups('1'));
    const bad = { ...groups('2'), '3-shop/50-new.yml': workload('new'), '3-shop/60-new.yml': service('new') };
    const fresh = { ...bad, '3-shop/70-new.yml': configMap('fresh', { a: '1' }) };
    const after = carriedOut(before, planOf(before, fresh), { web: notReady, late: { state: 'not-reached' } });
    assert.deepEqual(putBack(after, 2, 3), {
      steps: [
        'apply ConfigMap/shop/config',
        'recreate Deployment/shop/web',
        'delete Deployment/shop/new',
        'delete Service/shop/new',
      ],
      left: ['Job/shop/job', 'PersistentVolumeClaim/shop/data', 'ConfigMap/shop/fresh'],
    });
  });

  it('O01 has Jobs that never run again: one that failed goes, and the digest of its image is not to blame alone', () => {
    const job = (image: string): Files => ({
      ...groups('1'),
      '3-shop/30-job.yml': workload('job', { kind: 'Job', image }),
    });
    const before = installed(job('image_url_var'));
    const newDigest = planOf(before, job('image_url_var'), { digestOf: () => known(OTHER_DIGEST) });
    const after = carriedOut(before, newDigest, { job: notReady, late: { state: 'not-reached' } });
    assert.deepEqual(putBack(after, 2, 3).steps, ['delete Job/shop/job']);
    assert.equal(after.inventory.quarantine?.[0]?.digest, undefined);
    const gone = { live: { 'batch/Job/shop/job': known(undefined) } };
    assert.deepEqual(
      brief(planUnder(after, job('image_url_var'), { ...gone, digestOf: () => known(OTHER_DIGEST) })),
      [],
    );
  });

  it('O01 brings back what the failed version removed', () => {
    const before = installed(groups('1'));
    const { '3-shop/20-web.yml': _web, ...without } = groups('2');
    const after = carriedOut(before, planOf(before, without), { config: { state: 'failed', reason: 'refused' } });
    assert.deepEqual(putBack(after, 2, 3).steps, ['apply Deployment/shop/web']);
  });

  it('O01 that is new as a whole goes, although nothing is left to be wanted', () => {
    const before = installed({ '2-early/10-c.yml': configMap('early', { value: '1' }) });
    const bad = { '2-early/10-c.yml': configMap('early', { value: '1' }), '3-new/10-web.yml': workload('web') };
    const after = carriedOut(before, planOf(before, bad), { web: notReady });
    assert.deepEqual(putBack(after, 2, 3), { steps: ['delete Deployment/shop/web'], left: [] });
  });

  it('O01 of which the last good manifests cannot be read stays', () => {
    const before = installed(groups('1'));
    const after = carriedOut(before, planOf(before, groups('2')), { web: notReady });
    assert.deepEqual(putBack({ ...after, good: new Map() }, 2, 3).steps, []);
  });

  it('O01 stays back while Git wants the same; earlier groups follow Git', () => {
    const before = installed(groups('1'));
    const after = carriedOut(before, planOf(before, groups('2')), { web: notReady, late: { state: 'not-reached' } });
    const plan = planUnder(after, { ...groups('2'), '2-early/10-c.yml': configMap('early', { value: '3' }) });
    assert.deepEqual(brief(plan), [
      'apply ConfigMap/shop/early',
      'apply ConfigMap/shop/config',
      'recreate Deployment/shop/web',
    ]);
    assert.match(
      plan.behind ?? '',
      /^group 3 and later ones stay at their last good state: Deployment\/shop\/web failed in rollout 2/,
    );
  });

  it('O01 is free again with another configuration, as it failed for that', () => {
    const before = installed(groups('1'));
    const after = carriedOut(before, planOf(before, groups('2')), { web: notReady });
    const mended = planOf(after, { ...groups('2'), '3-shop/10-c.yml': configMap('config', { value: 'mended' }) });
    assert.equal(activeQuarantine(after.inventory.quarantine, planOf(after, groups('2')).input.desired).length, 1);
    assert.deepEqual(activeQuarantine(after.inventory.quarantine, mended.input.desired), []);
    assert.deepEqual(brief(mended.plan), ['apply ConfigMap/shop/config', 'recreate Deployment/shop/web']);
  });

  it('O01 a first install has nothing to go back to: what is there stays, later groups wait', () => {
    const after = carriedOut(nothing(), planOf(undefined, groups('1')), {
      web: notReady,
      late: { state: 'not-reached' },
    });
    const plan = planUnder(after, groups('1'));
    assert.deepEqual(brief(plan), []);
    assert.match(plan.behind ?? '', /^group 3 and later ones stay as they are, there is no good state to go back to/);
  });

  it('O01 stays as it is where nothing is to go back', () => {
    const before = installed(groups('1'));
    const after = carriedOut(before, planOf(before, groups('2')), { web: notReady, late: { state: 'not-reached' } });
    const { input } = planOf(after, groups('2'));
    const plan = makePlan({ ...input, ...underQuarantine(input, undefined) });
    assert.deepEqual(brief(plan), []);
    assert.match(plan.behind ?? '', /^group 3 and later ones stay as they are \(on-failure: stop\)/);
  });

  it('O01 nothing is removed from the groups that stay back, nor what moves into or out of them', () => {
    const before = installed(groups('1'));
    const after = carriedOut(before, planOf(before, groups('2')), { web: notReady, late: { state: 'not-reached' } });
    const { '4-late/10-c.yml': late, '2-early/10-c.yml': early, ...rest } = groups('2');
    const moved = { ...rest, '5-last/10-c.yml': early ?? '', '1-first/10-c.yml': late ?? '' };
    const kinds = planUnder(after, moved).steps.map(({ kind, entry }) => `${kind} ${entry.name}`);
    assert.ok(!kinds.some((kind) => kind.startsWith('delete')), kinds.join());
  });

  it('O01 a passing cause puts nothing into quarantine', () => {
    const before = installed(groups('1'));
    const after = carriedOut(before, planOf(before, groups('2')), { web: { ...notReady, cause: 'passing' } });
    assert.deepEqual(after.inventory.quarantine, []);
  });

  it('O01 what fails as it was good is not in quarantine: there is nothing older', () => {
    const before = installed(groups('1'));
    const again = carriedOut(before, planOf(before, groups('1')), {});
    const flapping = {
      ...again.inventory,
      objects: again.inventory.objects.map((one) => ({ ...one, outcome: 'failed' as const })),
    };
    const after = carriedOut(
      { ...again, inventory: flapping },
      planOf({ ...again, inventory: flapping }, groups('1')),
      {
        web: notReady,
      },
    );
    assert.deepEqual(after.inventory.quarantine, []);
  });
});

describe('a digest that fails', () => {
  const apps: Files = {
    '5-apps/10-a.yml': workload('a', { image: 'image_url_var' }),
    '5-apps/20-b.yml': workload('b', { image: 'image_url_var' }),
  };
  const moved = { digestOf: () => known(OTHER_DIGEST) };

  it('O01 is in quarantine alone, and alone goes back', () => {
    const before = installed(apps);
    const after = carriedOut(before, planOf(before, apps, moved), { a: notReady });
    const [entry] = after.inventory.quarantine ?? [];
    assert.deepEqual(entry?.digest, { image: 'ghcr.io/acme/shop-a:main', bad: OTHER_DIGEST, good: DIGEST });
    assert.deepEqual(putBack(after, 2, 5), { steps: ['recreate Deployment/shop/a'], left: [] });
  });

  it('O01 is not what is to blame when something else changed too', () => {
    const before = installed(apps);
    const other = { ...apps, '5-apps/10-a.yml': workload('a', { image: 'image_url_var', replicas: 2 }) };
    const after = carriedOut(before, planOf(before, other, moved), { a: notReady });
    assert.equal(after.inventory.quarantine?.[0]?.digest, undefined);
  });
});
