import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { History } from '../../src/domain/history.ts';
import { idOf, nameOf } from '../../src/domain/identity.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import { splitApiVersion } from '../../src/domain/object.ts';
import { readLive, type StampedObject } from '../../src/domain/stamps.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { recoveredInventory, type Remains } from '../../src/plan/recovered.ts';
import { stampedManifests } from '../../src/plan/stamp.ts';
import { brief, claim, configMap, namespace, outcomeOf, planFor, service, workload, type Files } from './fixtures.ts';

const SHOP: Files = {
  '1-base/10-namespace.yml': namespace('shop'),
  '2-web/20-webconfigmap.yml': configMap('web', { theme: 'dark' }),
  '2-web/30-migratejob.yml': workload('migrate', { kind: 'Job', config: ['web'] }),
  '2-web/40-webdeployment.yml': workload('web', { image: 'image_url_var', config: ['web'] }),
  '2-web/50-webservice.yml': service('web'),
};

/** What a first rollout of these files leaves: the inventory, and the stamps in the cluster. */
function deployed(files: Files, key = 'key-1'): { inventory: Inventory; stamped: StampedObject[] } {
  const { plan, input } = planFor(files, { key });
  const manifests = stampedManifests(plan, input.desired);
  const stamped = plan.steps.map(({ entry: { group, kind, namespace: place, name } }, index) => {
    const { apiVersion, metadata } = manifests[String(index)] ?? assert.fail();
    const { stamp = assert.fail() } = readLive(metadata.annotations?.['ordo.dev/id'] ?? '', metadata);
    const identity = { group, kind, namespace: place, name };
    return { identity, version: splitApiVersion(apiVersion).version, stamp };
  });
  return { inventory: nextInventory(input.inventory, plan, key, outcomeOf(plan)), stamped };
}

function recover(remains: Partial<Remains>): Inventory {
  return recoveredInventory({
    stamped: [],
    history: [],
    newest: { rollout: 0, isOpen: false },
    key: 'key-1',
    ...remains,
  });
}

describe('D32 an inventory that was lost', () => {
  it('is the same again after one pass over an unchanged repository, without a step', () => {
    const { inventory, stamped } = deployed(SHOP);
    const lost = recover({ stamped });
    const { plan, input } = planFor(SHOP, { inventory: lost });
    assert.deepEqual(plan.steps, []);
    assert.deepEqual(nextInventory(lost, plan, input.keyId), inventory);
  });

  it('still deletes what was removed, and leaves the rest alone', () => {
    const { '2-web/50-webservice.yml': _removed, ...files } = SHOP;
    const { plan } = planFor(files, { inventory: recover({ stamped: deployed(SHOP).stamped }) });
    assert.deepEqual(brief(plan), ['delete Service/shop/web']);
  });

  it('J04 knows again which fields were Ordo’s of what is as it was last good', () => {
    const { inventory, stamped } = deployed(SHOP);
    const [entry = assert.fail()] = inventory.objects.filter(({ kind }) => kind === 'Deployment');
    const owned = (hash: string) => {
      const good = new Map([[idOf(entry), { entry: { ...entry, hash, good: 2, owned: 'mark' }, manifest: {} }]]);
      const remains = { stamped, history: [], newest: { rollout: 0, isOpen: false }, key: 'key-1' };
      return recoveredInventory(remains, good)
        .objects.map((one) => one.owned)
        .filter(Boolean);
    };
    assert.deepEqual(owned(entry.hash), ['mark']);
    assert.deepEqual(owned('another'), []);
  });

  it('O10 lets go what says of itself that it may', () => {
    const allowed = claim('data').replace('"name"', '"annotations":{"ordo.dev/allow-delete":"true"},"name"');
    const { stamped } = deployed({ ...SHOP, '2-web/60-claim.yml': allowed });
    const { plan } = planFor(SHOP, { inventory: recover({ stamped }) });
    assert.deepEqual(brief(plan), ['delete PersistentVolumeClaim/shop/data']);
  });

  it('keeps what was to stay when its file goes', () => {
    const kept = workload('kept', { annotations: { 'ordo.dev/prune': 'false' } });
    const { stamped } = deployed({ ...SHOP, '2-web/60-keptdeployment.yml': kept });
    assert.deepEqual(planFor(SHOP, { inventory: recover({ stamped }) }).plan.steps, []);
  });

  it('applies a difference in place: which pods saw what is not known', () => {
    const files = {
      ...SHOP,
      '2-web/20-webconfigmap.yml': configMap('web', { theme: 'light' }),
      '2-web/40-webdeployment.yml': workload('web', { image: 'nginx:2', config: ['web'] }),
    };
    const { plan } = planFor(files, { inventory: recover({ stamped: deployed(SHOP).stamped }) });
    assert.deepEqual(brief(plan), ['apply ConfigMap/shop/web', 'apply Deployment/shop/web']);
  });

  it('applies everything in place when the key was lost with it', () => {
    const inventory = recover({ stamped: deployed(SHOP).stamped, key: 'key-2' });
    const { plan } = planFor(SHOP, { inventory, key: 'key-2' });
    assert.deepEqual(
      plan.steps.map(({ kind }) => kind),
      Object.keys(SHOP).map(() => 'apply'),
    );
  });

  it('knows from the history what did not become ready', () => {
    const { stamped } = deployed(SHOP);
    const steps = stamped.map(({ identity }) => ({ kind: 'apply', object: nameOf(identity), source: '' }));
    const failed = steps.map((step) => ({
      ...step,
      state: step.object === 'Deployment/shop/web' ? ('failed' as const) : ('done' as const),
    }));
    const at = '2026-01-01T00:00:00.000Z';
    const entry = { rollout: 1, commit: '', state: 'failed' as const, seen: at, begin: at, fingerprint: '' };
    const inventory = recover({ stamped, history: [{ ...entry, steps: failed }] });
    const { plan } = planFor(SHOP, { inventory });
    assert.deepEqual(brief(plan), ['apply Deployment/shop/web']);
  });

  it('takes the order from the path of the source, and does without a place that says none', () => {
    const [first = assert.fail()] = deployed(SHOP).stamped;
    const orderOf = (source: string) =>
      recover({ stamped: [{ ...first, stamp: { ...first.stamp, source } }] }).objects[0]?.order;
    assert.deepEqual(orderOf('a/b/20-web/100-x.yml@c0ffee'), [20, 100, '20-web', '100-x.yml', 0]);
    assert.deepEqual(orderOf('20-we@b/100-x.yml@c0ffee'), [20, 100, '20-we@b', '100-x.yml', 0]);
    assert.deepEqual(orderOf(''), [0, 0, '', '', 0]);
  });
});

describe('the number of the last rollout is the highest', () => {
  const [object = assert.fail()] = deployed(SHOP).stamped;
  const stampedBy = (rollout: number): StampedObject => ({ ...object, stamp: { ...object.stamp, rollout } });
  const entryOf = (rollout: number): History[number] => {
    const at = '2026-01-01T00:00:00.000Z';
    return { rollout, commit: '', state: 'done', seen: at, begin: at, fingerprint: '', steps: [] };
  };
  const cases: [what: string, remains: Partial<Remains>, rollout: number][] = [
    ['nothing at all', {}, 0],
    ['stamps', { stamped: [stampedBy(3), stampedBy(12), stampedBy(4)] }, 12],
    ['a Job or an outcome', { stamped: [stampedBy(3)], newest: { rollout: 14, isOpen: false } }, 14],
    ['the history', { stamped: [stampedBy(3)], history: [entryOf(15)] }, 15],
    ['a rollout that is open is adopted', { stamped: [stampedBy(3)], newest: { rollout: 14, isOpen: true } }, 13],
    ['an open one that others came after', { stamped: [stampedBy(16)], newest: { rollout: 14, isOpen: true } }, 16],
  ];
  for (const [what, remains, rollout] of cases) {
    it(what, () => assert.equal(recover(remains).rollout, rollout));
  }
});
