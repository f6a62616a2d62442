import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { idOf } from '../../src/domain/identity.ts';
import type { InventoryObject } from '../../src/domain/inventory.ts';
import { USES, type UseRule } from '../../src/manifests/uses.ts';
import { inDeletionOrder, usesToRemember } from '../../src/plan/deletion-order.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { manifestsOf, objectOf } from '../manifests/sets.ts';
import { brief, configMap, EMPTY, namespace, outcomeOf, planFor, type Files } from './fixtures.ts';

const RBAC = 'rbac.authorization.k8s.io';
const binding = objectOf(`${RBAC}/v1`, 'RoleBinding', 'b', {
  roleRef: { apiGroup: RBAC, kind: 'Role', name: 'r' },
  subjects: [{ kind: 'ServiceAccount', name: 'a' }],
});
const role = objectOf(`${RBAC}/v1`, 'Role', 'r');
const account = objectOf('v1', 'ServiceAccount', 'a', { imagePullSecrets: [{ name: 's' }] });
const allowed = JSON.stringify({
  ...{ apiVersion: 'v1', kind: 'Namespace' },
  metadata: { name: 'shop', annotations: { 'ordo.dev/allow-delete': 'true' } },
});

/** The plan that removes everything that a first rollout made of these files. */
function removalOf(files: Files): string[] {
  const first = planFor(files, { live: {} }).plan;
  const inventory = nextInventory(EMPTY, first, 'key-1', outcomeOf(first));
  const kept = { '9-last/10-c.yml': configMap('kept', {}, 'default') };
  const contents = new Map([['/Namespace//shop', { known: true as const, value: [] }]]);
  return brief(planFor(kept, { inventory, more: { contents } }).plan).filter((step) => step.startsWith('delete'));
}

test('what is used goes after its users, whatever the numbers say', () => {
  const wrong = {
    '1-a/10-b.yml': binding,
    '1-a/20-a.yml': account,
    '1-a/30-s.yml': objectOf('v1', 'Secret', 's'),
    '1-a/40-r.yml': role,
    '1-a/50-c.yml': configMap('c', {}),
    '1-a/60-n.yml': allowed,
  };
  assert.deepEqual(removalOf(wrong), [
    'delete ConfigMap/shop/c',
    'delete RoleBinding/shop/b',
    'delete Role/shop/r',
    'delete ServiceAccount/shop/a',
    'delete Secret/shop/s',
    'delete Namespace/shop',
  ]);
});

test('what uses nothing goes by its numbers, the last one first', () => {
  const files = {
    '1-a/10-c.yml': configMap('c', {}),
    '2-a/5-d.yml': configMap('d', {}),
    '2-a/30-e.yml': configMap('e', {}),
  };
  assert.deepEqual(removalOf({ '1-a/5-n.yml': namespace('shop'), ...files }), [
    'delete ConfigMap/shop/e',
    'delete ConfigMap/shop/d',
    'delete ConfigMap/shop/c',
  ]);
});

test('the inventory remembers nothing of workloads, Services and Namespaces: they need no such order', () => {
  const [one] = manifestsOf({
    '1-a/10-i.yml': objectOf('networking.k8s.io/v1', 'Ingress', 'i', { spec: { tls: [{ secretName: 's' }] } }),
  });
  assert.ok(one);
  assert.equal(usesToRemember(one), undefined);
});

test('D17 one more entry is all that the order of deletion needs', () => {
  const rule: UseRule = {
    from: '/ConfigMap',
    at: 'data.next',
    to: '/ConfigMap',
    sort: 'needs',
    without: 'it ends there',
  };
  const set = manifestsOf({ '1-a/10-a.yml': configMap('a', { next: 'b' }), '1-a/20-b.yml': configMap('b', {}) });
  const steps = (rules: readonly UseRule[]) =>
    set.toReversed().map((one) => stepOf(one.identity.name, usesToRemember(one, rules) ?? []));
  const names = (rules: readonly UseRule[]) => inDeletionOrder(steps(rules)).map(({ entry }) => entry.name);
  assert.deepEqual(names(USES), ['b', 'a']);
  assert.deepEqual(names([...USES, rule]), ['a', 'b']);
});

const idIn = (name: string): string => idOf({ group: '', kind: 'ConfigMap', namespace: 'shop', name });

function stepOf(name: string, uses: readonly string[]) {
  const place = [1, 10, '1-a', `10-${name}.yml`, 0] as const;
  const entry: InventoryObject = {
    ...{ group: '', kind: 'ConfigMap', namespace: 'shop', name, version: 'v1', source: `deploy/1-a/10-${name}.yml` },
    ...{ order: place, hash: 'h', uses: [...uses], outcome: 'done' },
  };
  const path = `/api/v1/namespaces/shop/configmaps/${name}`;
  return { kind: 'delete' as const, entry, path, place, reason: '', uid: name, phase: 'end' as const };
}

/** Any uses at all, circles too; by index. */
const graphs = fc
  .integer({ min: 1, max: 12 })
  .chain((size) => fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }));

test('everything is deleted once; a user goes before what it uses, unless that leads back to it; else all stays as it comes', () => {
  fc.assert(
    fc.property(graphs, (uses) => {
      const steps = uses.map((used, index) =>
        stepOf(
          String(index),
          used.map((other) => idIn(String(other))),
        ),
      );
      const order = inDeletionOrder(steps).map(({ entry }) => Number(entry.name));
      assert.deepEqual(
        order.toSorted((a, b) => a - b),
        [...uses.keys()],
      );
      const reach = (from: number, seen = new Set<number>()): Set<number> => {
        for (const next of uses[from] ?? []) if (!seen.has(next)) reach(next, seen.add(next));
        return seen;
      };
      const isCircular = [...uses.keys()].some((index) => reach(index).has(index));
      if (isCircular) return;
      for (const [user, used] of uses.entries())
        for (const other of used)
          assert.ok(order.indexOf(user) < order.indexOf(other), `${user} uses ${other}: ${order.join(' ')}`);
      const isInOrder = uses.every((used, user) => used.every((other) => user < other));
      if (isInOrder) assert.deepEqual(order, [...uses.keys()]);
    }),
  );
});
