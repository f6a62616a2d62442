import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { known } from '../../src/domain/known.ts';
import { syncedFiles } from '../deploy/files.ts';
import { deployed } from './deployed.ts';
import { brief, configMap, planFor, type Files, type Planned } from './fixtures.ts';

/** What a user has in his repository: Ordo's own group, and something after it. */
const FILES: Files = {
  ...Object.fromEntries(
    syncedFiles().map(({ path, bytes }) => [path.replace('deploy/', ''), Buffer.from(bytes).toString()]),
  ),
  '2-shop/10-c.yml': configMap('c', { value: '1' }),
};
const OWN = '1-ordo';

/** The plan from one repository to another. */
const change = (after: Files, before: Files = FILES): Planned => planFor(after, { inventory: deployed(before) });

/** With a text replaced in one of Ordo's own files. */
function edited(name: string, from: string, to: string, files: Files = FILES): Files {
  const path = `${OWN}/${name}`;
  const text = files[path] ?? '';
  assert.ok(text.includes(from), `${name} holds ${from}`);
  return { ...files, [path]: text.replaceAll(from, to) };
}

function without(path: string, files: Files = FILES): Files {
  const { [path]: _gone, ...rest } = files;
  return rest;
}

const reasons = ({ plan }: Planned): Record<string, string> =>
  Object.fromEntries(plan.steps.map(({ kind, entry, reason }) => [`${kind} ${entry.kind}/${entry.name}`, reason]));

describe('O13 the rights that Ordo lives by', () => {
  const narrowed: [string, Files, string, RegExp][] = [
    [
      'the controller’s role in its namespace',
      edited('50-ordorole.yml', 'resources: [jobs]', 'resources: [cronjobs]'),
      'Role/ordo',
      /^with it ServiceAccount\/admin\/ordo may not get, create, update, patch, delete jobs\.batch in admin/,
    ],
    [
      'what the controller may look at',
      edited('30-ordoclusterrole.yml', "resources: ['*']", 'resources: [pods]'),
      'ClusterRole/ordo',
      /ordo may not list, watch \* of every group everywhere/,
    ],
    [
      'the role, to objects by name',
      edited('50-ordorole.yml', 'resources: [jobs]', 'resources: [jobs]\n    resourceNames: [ordo-rollout-1]'),
      'Role/ordo',
      /may not .*jobs\.batch in admin/,
    ],
    [
      'the subject of a binding',
      edited('60-ordorolebinding.yml', '    name: ordo\n    namespace', '    name: other\n    namespace'),
      'RoleBinding/ordo',
      /ServiceAccount\/admin\/ordo may not .*configmaps in admin/,
    ],
    [
      'the runner’s role, to less than what is deployed',
      edited('70-ordorunnerclusterrolebinding.yml', 'name: cluster-admin', 'name: view'),
      'ClusterRoleBinding/ordo-runner',
      /ordo-runner may not get, create, patch configmaps in admin; get, create, patch secrets in admin/,
    ],
    [
      'the token of the runner',
      edited('20-ordorunnerserviceaccount.yml', 'metadata:', 'automountServiceAccountToken: false\nmetadata:'),
      'ServiceAccount/ordo-runner',
      /without its token/,
    ],
  ];
  for (const [what, files, object, reason] of narrowed) {
    it(`are held when a commit narrows ${what}; the rest of it goes on`, () => {
      const planned = change({ ...files, '2-shop/10-c.yml': configMap('c', { value: '2' }) });
      assert.match(reasons(planned)[`hold ${object}`] ?? '', reason);
      assert.deepEqual(
        brief(planned.plan).filter((step) => !step.startsWith('hold')),
        ['apply ConfigMap/shop/c'],
      );
    });
  }

  it('are changed after everything else while they suffice, and Ordo itself after them', () => {
    const wider = edited('50-ordorole.yml', 'resources: [jobs]', 'resources: [jobs, cronjobs]');
    const files = edited('170-ordodeployment.yml', 'memory: 152Mi', 'memory: 176Mi', wider);
    const { plan } = change({ ...files, '2-shop/10-c.yml': configMap('c', { value: '2' }) });
    assert.deepEqual(brief(plan), ['apply ConfigMap/shop/c', 'apply Role/admin/ordo', 'apply Deployment/admin/ordo']);
  });

  it('are applied where they stand when they are new, or met for the first time', () => {
    assert.equal(brief(planFor(FILES).plan).at(-1), 'apply ConfigMap/shop/c');
    const extra = edited('50-ordorole.yml', 'name: ordo', 'name: more');
    const { plan } = planFor(
      { ...FILES, [`${OWN}/55-more.yml`]: extra[`${OWN}/50-ordorole.yml`] ?? '' },
      { inventory: deployed(FILES), live: { 'rbac.authorization.k8s.io/Role/admin/more': known(undefined) } },
    );
    assert.deepEqual(brief(plan), ['apply Role/admin/more']);
  });

  it('are held at the first deployment too, when the folder has less than what the script brought', () => {
    const files = edited('50-ordorole.yml', 'resources: [jobs]', 'resources: [cronjobs]');
    assert.match(reasons(planFor(files))['hold Role/ordo'] ?? '', /may not .*jobs\.batch in admin/);
    const other = edited('60-ordorolebinding.yml', '    name: ordo\n    namespace', '    name: other\n    namespace');
    assert.match(reasons(planFor(other))['hold RoleBinding/ordo'] ?? '', /ServiceAccount\/admin\/ordo may not/);
  });

  const renamed = edited('60-ordorolebinding.yml', 'name: ordo\n  namespace', 'name: rights\n  namespace');

  it('are known under other names: a binding that leaves is held, and goes when another one gives the same', () => {
    const before = {
      ...without(`${OWN}/60-ordorolebinding.yml`),
      [`${OWN}/61-b.yml`]: renamed[`${OWN}/60-ordorolebinding.yml`] ?? '',
    };
    const gone = change(without(`${OWN}/61-b.yml`, before), before);
    assert.match(reasons(gone)['hold RoleBinding/rights'] ?? '', /ServiceAccount\/admin\/ordo may not/);
    assert.deepEqual(brief(change(FILES, { ...FILES, ...before }).plan), ['delete RoleBinding/admin/rights']);
  });

  it('are those of a renamed account as well: without rights of its own Ordo is not moved to it', () => {
    const files = edited('170-ordodeployment.yml', 'serviceAccountName: ordo', 'serviceAccountName: pilot');
    const reason = reasons(change(files))['hold Deployment/ordo'] ?? '';
    assert.match(
      reason,
      /^its service account would be pilot: with it ServiceAccount\/admin\/pilot may not list, watch/,
    );
    const bound = Object.entries(files).map(([path, text]): [string, string] => [
      path,
      /binding/.test(path) && !path.includes('runner')
        ? text.replace('subjects:', 'subjects:\n  - kind: ServiceAccount\n    name: pilot\n    namespace: admin')
        : text,
    ]);
    assert.deepEqual(brief(change(Object.fromEntries(bound)).plan), [
      'apply ClusterRoleBinding/ordo',
      'apply RoleBinding/admin/ordo',
      'apply Deployment/admin/ordo',
    ]);
  });

  it('include what its Deployment is started with: account and priority class stay while it names them', () => {
    const own = edited('170-ordodeployment.yml', 'system-cluster-critical', 'first');
    const priority = JSON.stringify({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'first' },
      value: 10,
    });
    const files = { ...own, [`${OWN}/5-first.yml`]: priority };
    assert.deepEqual(reasons(change(own, files)), { 'hold PriorityClass/first': 'Deployment/admin/ordo uses it' });
  });

  it('do not go with their group', () => {
    const rest = Object.fromEntries(Object.entries(FILES).filter(([path]) => !path.startsWith(OWN)));
    const { plan } = change(rest);
    assert.deepEqual(new Set(plan.steps.map(({ kind }) => kind)), new Set(['hold']));
    assert.equal(plan.steps.length, Object.keys(FILES).length - 1);
  });
});
