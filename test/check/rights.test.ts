import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownRights, runnerRights } from '../../src/check/rights.ts';
import { controllerRights } from '../../src/domain/rights.ts';
import { ApiError } from '../../src/cluster/client.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import { objectsOfGroup, type Fields } from '../deploy/files.ts';
import { fakeClient, lines } from './fakes.ts';

const accounts = { '/api/v1/namespaces/admin/serviceaccounts': { items: [{}] } };
const order: Inventory['objects'][number]['order'] = [1, 10, 'a', 'b', 0];
const inventory: Inventory = {
  ...{ version: 1, rollout: 1, commit: '', key: '' },
  objects: [
    {
      ...{ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
      ...{ source: 'deploy/1-a/10-b.yml', order, hash: '', outcome: 'done' },
    },
  ],
};
const discovery = {
  '/apis': {
    items: [
      {
        metadata: { name: 'apps' },
        versions: [
          {
            version: 'v1',
            resources: [
              { resource: 'deployments', scope: 'Namespaced', responseKind: { kind: 'Deployment' }, verbs: ['list'] },
            ],
          },
        ],
      },
    ],
  },
};

test('D46 what is asked for the controller is what the deploy folder gives it, but for the right to ask', () => {
  const given = objectsOfGroup()
    .filter(({ kind }) => ['Role', 'ClusterRole'].includes(kind))
    .flatMap(({ rules, metadata }) => rules.map((rule: Fields) => ({ ...rule, namespace: metadata.namespace })))
    .flatMap(({ apiGroups, resources, verbs, namespace }) =>
      apiGroups.flatMap((group: string) =>
        resources.flatMap((resource: string) =>
          verbs.map((verb: string) => [verb, group, resource, namespace].join(' ').trim()),
        ),
      ),
    );
  const asked = controllerRights('admin').map(({ verb, group, resource, namespace }) =>
    [verb, group, resource, namespace].join(' ').trim(),
  );
  const needed = given.filter((right) => !right.endsWith('subjectaccessreviews'));
  assert.deepEqual(new Set(needed), new Set(asked));
});

test('D46 own rights are asked without naming anybody; what is missing is named by resource, with what to do', async () => {
  const { client, reviews } = fakeClient({});
  assert.deepEqual(lines([await ownRights(client, 'admin')]), ['ok own rights: all 30 of them']);
  assert.deepEqual(
    [...new Set(reviews.map(({ kind, spec }) => `${kind} ${spec.user}`))],
    ['SelfSubjectAccessReview undefined'],
  );
  const poor = fakeClient(
    {},
    ({
      spec: {
        resourceAttributes: { verb, resource, group },
      },
    }) => (resource === 'secrets' ? verb === 'get' || verb === 'list' : group !== '*' || verb !== 'watch'),
  );
  assert.deepEqual(lines([await ownRights(poor.client, 'admin')]), [
    'FAIL own rights: may not watch * of every group everywhere; watch, create, update, patch, delete secrets in admin: ' +
      'apply the files of deploy/1-ordo/ again, as ./deploy.sh does',
  ]);
});

test("D46 the runner's rights: all of them, enough of them, or what is missing for what is deployed", async () => {
  const all = fakeClient(accounts);
  assert.deepEqual(lines([await runnerRights(all.client, 'admin', inventory)]), [
    'ok rights of ordo-runner: every right',
  ]);
  assert.deepEqual(all.reviews[0]?.spec, {
    user: 'system:serviceaccount:admin:ordo-runner',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:admin', 'system:authenticated'],
    resourceAttributes: { verb: '*', group: '*', resource: '*' },
  });
  const enough = fakeClient({ ...accounts, ...discovery }, ({ spec }) => spec.resourceAttributes.verb !== '*');
  assert.match(
    lines([await runnerRights(enough.client, 'admin', inventory)])[0] ?? '',
    /^warn .*enough for what is deployed/,
  );
  const poor = fakeClient({ ...accounts, ...discovery }, ({ spec }) =>
    ['get', 'create'].includes(spec.resourceAttributes.verb),
  );
  assert.match(
    lines([await runnerRights(poor.client, 'admin', inventory)])[0] ?? '',
    /^FAIL .*may not patch configmaps in admin; patch secrets in admin; patch, delete deployments\.apps in shop: add that to the role/,
  );
});

test('D46 a runner account that is gone, and a controller that may not ask about it', async () => {
  const gone = fakeClient({ '/api/v1/namespaces/admin/serviceaccounts': { items: [] } });
  assert.match(
    lines([await runnerRights(gone.client, 'admin', inventory)])[0] ?? '',
    /^FAIL .*no service account ordo-runner/,
  );
  const refused = fakeClient(accounts, () => {
    throw new ApiError(403, 'Forbidden', '403 Forbidden: no');
  });
  assert.match(lines([await runnerRights(refused.client, 'admin', inventory)])[0] ?? '', /^warn .*may not ask for it/);
});
