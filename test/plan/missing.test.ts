import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { known } from '../../src/domain/known.ts';
import { deployed } from './deployed.ts';
import { brief, configMap, namespace, planFor, workload } from './fixtures.ts';

describe('D32 what is recorded and not in the cluster any more', () => {
  const files = {
    '1-shop/10-shop.yml': namespace('shop'),
    '1-shop/20-web.yml': configMap('web', { value: '1' }),
    '1-shop/30-migrate.yml': workload('migrate', { kind: 'Job' }),
    '1-shop/40-web.yml': workload('web', { kind: 'Deployment' }),
  };
  const inventory = deployed(files);
  const gone = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, known(undefined)]));
  const plan = (...ids: string[]) => planFor(files, { inventory, live: gone(...ids) }).plan;

  it('is applied again, and says why', () => {
    const made = plan('apps/Deployment/shop/web', '/ConfigMap/shop/web');
    assert.deepEqual(brief(made), ['apply ConfigMap/shop/web', 'apply Deployment/shop/web']);
    assert.equal(made.steps[0]?.reason, 'recorded, but not in the cluster any more');
  });

  it('#35 but for a finished Job, which its time to live took away', () => {
    assert.deepEqual(brief(plan('batch/Job/shop/migrate')), []);
  });

  it('and a finished Job too when its Namespace went with all that it had done', () => {
    assert.deepEqual(brief(plan('/Namespace//shop', 'batch/Job/shop/migrate')), [
      'apply Namespace/shop',
      'apply Job/shop/migrate',
    ]);
  });

  it('is left alone when the cluster does not say', () => {
    const live = { 'apps/Deployment/shop/web': { known: false as const, reason: 'away' } };
    assert.deepEqual(brief(planFor(files, { inventory, live }).plan), []);
  });
});
