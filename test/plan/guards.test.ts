import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Inventory } from '../../src/domain/inventory.ts';
import { known, unknown } from '../../src/domain/known.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { permissionsInForce, permissionsOf } from '../../src/plan/permissions.ts';
import { deployed } from './deployed.ts';
import { brief, claim, configMap, namespace, outcomeOf, planFor, secret, workload, type Files } from './fixtures.ts';

const SHOP: Files = {
  '1-shop/10-namespace.yml': namespace('shop'),
  '1-shop/20-claim.yml': claim('data'),
  '1-shop/30-config.yml': configMap('config', { a: '1' }),
  '1-shop/40-web.yml': workload('web'),
};
/** Something has to stay: an empty folder is another case. */
const REST: Files = { '9-rest/10-rest.yml': configMap('rest', {}, 'admin') };

const allowing = (inventory: Inventory, ...objects: string[]): Inventory => ({
  ...inventory,
  permissions: objects.map((object) => ({ object, by: 'on-call', from: 'command', at: '' })),
});
const NAMESPACE = '/Namespace//shop';
const EMPTY_NAMESPACE = { contents: new Map([[NAMESPACE, known([])]]) };
const reasonOf = ({ plan }: ReturnType<typeof planFor>, name: string) =>
  plan.steps.find(({ entry }) => entry.name === name)?.reason ?? '';

describe('O10 max-deletes', () => {
  const many = Object.fromEntries(['a', 'b', 'c'].map((name) => [`1-a/10-${name}.yml`, configMap(name, {})]));
  const inventory = deployed({ ...many, ...REST });

  it('holds more deletions than that as a whole, and fewer not at all', () => {
    assert.deepEqual(brief(planFor(REST, { inventory, maxDeletes: 3 }).plan), [
      ...['delete ConfigMap/shop/c', 'delete ConfigMap/shop/b', 'delete ConfigMap/shop/a'],
    ]);
    const held = planFor(REST, { inventory, maxDeletes: 2 });
    assert.deepEqual(
      held.plan.steps.map((step) => [step.kind, step.kind === 'hold' && step.wants]),
      Array.from({ length: 3 }, () => ['hold', 'permission']),
    );
    assert.match(reasonOf(held, 'a'), /^3 deletions in one plan are more than max-deletes \(2\)/);
  });

  it('lets go what a person has allowed, all of it or none', () => {
    const some = allowing(inventory, 'ConfigMap/shop/a', 'ConfigMap/shop/b');
    assert.ok(planFor(REST, { inventory: some, maxDeletes: 2 }).plan.steps.every(({ kind }) => kind === 'hold'));
    const all = allowing(inventory, ...['a', 'b', 'c'].map((name) => `ConfigMap/shop/${name}`));
    assert.ok(planFor(REST, { inventory: all, maxDeletes: 2 }).plan.steps.every(({ kind }) => kind === 'delete'));
  });

  it('counts a Namespace that may go before anybody has looked into it', () => {
    const shop = allowing(deployed({ ...SHOP, ...REST }), 'Namespace/shop');
    const files = { ...REST, '1-shop/20-claim.yml': claim('data') };
    const free = planFor(files, { inventory: shop, maxDeletes: 3 });
    assert.deepEqual(brief(free.plan), [
      ...['hold Namespace/shop', 'delete Deployment/shop/web', 'delete ConfigMap/shop/config'],
    ]);
    const { plan } = planFor(files, { inventory: shop, maxDeletes: 2 });
    assert.deepEqual(
      plan.steps.map((step) => step.kind === 'hold' && step.wants),
      ['permission', 'permission', 'permission'],
    );
  });

  it('does not count recreates', () => {
    const files = (image: string) => ({ '1-a/10-a.yml': workload('a', { image }), ...REST });
    const { plan } = planFor(files('a:2'), { inventory: deployed(files('a:1')), maxDeletes: 0 });
    assert.deepEqual(brief(plan), ['recreate Deployment/shop/a']);
  });
});

describe('O10 what holds data or carries others', () => {
  const inventory = deployed({ ...SHOP, ...REST });

  it('is held for want of a permission, and says how to give it', () => {
    const planned = planFor(REST, { inventory });
    const way = '"ordo release Namespace/shop" or a commit with the trailer "Ordo-Allow-Delete: Namespace/shop"';
    assert.ok(reasonOf(planned, 'shop').includes(way));
    assert.ok(reasonOf(planned, 'data').includes('Ordo-Allow-Delete: PersistentVolumeClaim/shop/data'));
  });

  it('goes when it is allowed: by a person, or by the annotation in the version that was applied last', () => {
    const names = ['Namespace/shop', 'PersistentVolumeClaim/shop/data'];
    const { plan } = planFor(REST, { inventory: allowing(inventory, ...names), more: EMPTY_NAMESPACE });
    assert.deepEqual(brief(plan), [
      ...['delete Deployment/shop/web', 'delete ConfigMap/shop/config'],
      ...['delete PersistentVolumeClaim/shop/data', 'delete Namespace/shop'],
    ]);
    const annotated = claim('data').replace('"name"', '"annotations":{"ordo.dev/allow-delete":"true"},"name"');
    const noted = deployed({ '1-shop/20-claim.yml': annotated, ...REST });
    assert.deepEqual(brief(planFor(REST, { inventory: noted }).plan), ['delete PersistentVolumeClaim/shop/data']);
  });

  it('a Namespace stays with what is in it: somebody else’s, held, kept, in the repository, or not known', () => {
    const allowed = allowing(inventory, 'Namespace/shop', 'PersistentVolumeClaim/shop/data');
    const held = (files: Files, around: Parameters<typeof planFor>[1]) => {
      const planned = planFor({ ...files, ...REST }, { inventory: allowed, more: EMPTY_NAMESPACE, ...around });
      assert.ok(!brief(planned.plan).includes('delete Namespace/shop'));
      return reasonOf(planned, 'shop');
    };
    const found = known(['ConfigMap/shop/a', 'ConfigMap/shop/b', 'ConfigMap/shop/c', 'Secret/shop/d']);
    assert.match(
      held({}, { more: { contents: new Map([[NAMESPACE, found]]) } }),
      /still in it: ConfigMap\/shop\/a, ConfigMap\/shop\/b, ConfigMap\/shop\/c and 1 more/,
    );
    assert.match(held({}, { more: { contents: new Map([[NAMESPACE, unknown('no list')]]) } }), /not known: no list/);
    assert.match(held({}, { more: {} }), /not looked at yet/);
    assert.match(held({}, { inventory: allowing(inventory, 'Namespace/shop') }), /PersistentVolumeClaim\/shop\/data/);
    assert.match(held({ '1-shop/30-config.yml': SHOP['1-shop/30-config.yml'] ?? '' }, {}), /ConfigMap\/shop\/config/);
    const kept = allowed.objects.map((one) => (one.name === 'config' ? { ...one, prune: false as const } : one));
    assert.match(held({}, { inventory: { ...allowed, objects: kept } }), /ConfigMap\/shop\/config/);
  });

  it('Ordo’s own is not to be had for any permission', () => {
    const own = { '1-ordo/10-namespace.yml': namespace('admin') };
    const inventoryOfOwn = allowing(deployed({ ...own, ...REST }), 'Namespace/admin');
    const more = { contents: new Map([['/Namespace//admin', known([])]]) };
    const planned = planFor({ '9-rest/20-other.yml': configMap('other', {}) }, { inventory: inventoryOfOwn, more });
    assert.equal(reasonOf(planned, 'admin'), 'Ordo lives by it');
  });
});

describe('O10 permissions', () => {
  const inventory = allowing(deployed({ ...SHOP, ...REST }), 'Namespace/shop', 'PersistentVolumeClaim/shop/data');
  const objectsOf = (found: ReturnType<typeof permissionsInForce>) => found?.map(({ object }) => object);

  it('count until their object is back in Git, or gone', () => {
    assert.equal(objectsOf(permissionsInForce(planFor(REST, { inventory }).input))?.length, 2);
    const back = planFor({ '1-shop/20-claim.yml': claim('data'), ...REST }, { inventory });
    assert.deepEqual(objectsOf(permissionsInForce(back.input)), ['Namespace/shop']);
  });

  it('are used by the deletion, and not by one that failed; what else the inventory says stays', () => {
    const before: Inventory = { ...inventory, retried: { rollout: 1, by: 'on-call', at: '' } };
    const { plan } = planFor(REST, { inventory: before, more: EMPTY_NAMESPACE });
    const last = plan.steps.length - 1;
    const outcome = outcomeOf(plan, (index) => (index === last ? { state: 'failed' } : undefined));
    const after = nextInventory(before, plan, 'key-1', outcome);
    assert.deepEqual(objectsOf(after.permissions), ['Namespace/shop']);
    assert.deepEqual(after.retried, before.retried);
    assert.equal(nextInventory(before, plan, 'key-1', outcomeOf(plan)).permissions, undefined);
  });

  it('are given by the trailers of commits, with author and time', () => {
    const about = { author: 'On-call', subject: 's', committed: '2026-01-01T00:00:00.000Z' };
    const trailers = [
      { name: 'ordo-allow-delete', value: 'Namespace/shop' },
      { name: 'ordo-urgent', value: 'true' },
    ];
    assert.deepEqual(permissionsOf([{ id: 'c0', ...about, trailers }]), [
      { object: 'Namespace/shop', by: 'On-call', from: 'c0', at: about.committed },
    ]);
  });
});

describe('O10 at its time', () => {
  const files = (image: string): Files => ({ '1-a/10-a.yml': workload('a', { image }), ...REST });
  const inventory = deployed({ ...files('a:1'), '1-a/20-b.yml': workload('b'), '1-a/30-c.yml': configMap('c', {}) });
  const closed = 'outside of the update window';

  it('what stops pods waits for the update window; everything else, and what is new, does not', () => {
    const wanted = { ...files('a:2'), '1-a/40-new.yml': workload('new') };
    const { plan } = planFor(wanted, { inventory, more: { closed } });
    assert.deepEqual(brief(plan), [
      ...['hold Deployment/shop/a', 'hold Deployment/shop/b', 'apply Deployment/shop/new', 'delete ConfigMap/shop/c'],
    ]);
    assert.deepEqual(
      plan.steps.flatMap((step) => (step.kind === 'hold' ? [[step.wants, step.reason]] : [])),
      [
        ['window', `pod template changed; ${closed}`],
        ['window', `no longer in deploy; ${closed}`],
      ],
    );
  });

  it('a restart waits for the window too, and a change in place does not', () => {
    const rolling = (config: string, replicas: number): Files => ({
      '1-a/10-config.yml': configMap('config', { a: config }),
      '1-a/20-a.yml': workload('a', { config: ['config'], replicas, annotations: { 'ordo.dev/update': 'rolling' } }),
    });
    const before = deployed(rolling('1', 1));
    assert.deepEqual(brief(planFor(rolling('2', 1), { inventory: before, more: { closed } }).plan), [
      'apply ConfigMap/shop/config',
      'hold Deployment/shop/a',
    ]);
    const scaled = planFor(rolling('1', 2), { inventory: before, more: { closed } });
    assert.deepEqual(brief(scaled.plan), ['apply Deployment/shop/a']);
  });

  it('what would be made again waits for room on the disk', () => {
    const noRoom = new Map([['apps/Deployment/shop/a', 'the disk is full']]);
    const planned = planFor(files('a:2'), { inventory, more: { noRoom } });
    assert.equal(reasonOf(planned, 'a'), 'pod template changed; the disk is full');
    assert.ok(brief(planned.plan).includes('delete Deployment/shop/b'), 'a deletion makes room');
  });
});

describe('D31 what Ordo keeps or reads for itself', () => {
  const STATE = ['ordo-inventory', 'ordo-inventory-1', 'current-yaml-commit-sha', 'containerlist-web', 'ordo-key'];
  const SETTINGS = 'variables-for-pipelineinitialisation';
  const files = (place: string): Files =>
    Object.fromEntries(
      [...STATE, SETTINGS, 'ordo-pull'].map((name, index) => [`1-a/1${index}-a.yml`, secret(name, {}, place)]),
    );

  it('is changed by no manifest of that name; a Secret that Ordo only pulls with, and one elsewhere, is', () => {
    const { plan } = planFor(files('admin'));
    assert.deepEqual(
      brief(plan),
      [...STATE, SETTINGS].map((name) => `hold Secret/admin/${name}`).concat('apply Secret/admin/ordo-pull'),
    );
    assert.match(reasonOf({ plan } as ReturnType<typeof planFor>, SETTINGS), /outside of the watched folder/);
    assert.ok(brief(planFor(files('shop')).plan).every((step) => step.startsWith('apply')));
  });

  it('is made where it is missing', () => {
    const live = { [`/Secret/admin/${SETTINGS}`]: known(undefined) };
    assert.deepEqual(brief(planFor({ '1-a/10-a.yml': secret(SETTINGS, {}, 'admin') }, { live }).plan), [
      `apply Secret/admin/${SETTINGS}`,
    ]);
  });
});
