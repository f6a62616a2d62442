import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { graphOf, type Graph } from '../../src/manifests/graph.ts';
import { USES, type UseRule } from '../../src/manifests/uses.ts';
import { workload } from '../plan/fixtures.ts';
import { manifestsOf, objectOf } from './sets.ts';

const NET = 'networking.k8s.io/v1';
const ofPod = (pod: object) => workload('web', { pod: { ...pod } });

test('a custom resource uses the CRD that makes its kind', () => {
  const crd = objectOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'wells.example.com', {
    spec: { group: 'example.com', scope: 'Namespaced', names: { kind: 'Well', plural: 'wells' } },
  });
  const { uses } = graphOf(
    manifestsOf({ '1-a/10-c.yml': crd, '1-a/20-w.yml': objectOf('example.com/v1', 'Well', 'w') }),
  );
  const ids = uses.get('example.com/Well/shop/w')?.map(({ to }) => to);
  assert.deepEqual(ids, ['/Namespace//shop', 'apiextensions.k8s.io/CustomResourceDefinition//wells.example.com']);
});

const chosen = (graph: Graph, id: string): string[] =>
  (graph.uses.get(id) ?? []).flatMap(({ to, rule }) => (rule.sort === 'selects' ? [to] : []));
const WEB = workload('web');
const API = workload('api', { kind: 'StatefulSet' });
const selecting = (apiVersion: string, kind: string, spec: object): string => objectOf(apiVersion, kind, 's', { spec });

const selectors: [name: string, text: string, chosen: string[], idle: boolean][] = [
  ['a Service', selecting('v1', 'Service', { selector: { app: 'web' } }), ['apps/Deployment/shop/web'], false],
  ['a Service that leads nowhere', selecting('v1', 'Service', { selector: { app: 'wbe' } }), [], true],
  ['a Service without a selector', selecting('v1', 'Service', { type: 'ExternalName' }), [], false],
  [
    'a disruption budget',
    selecting('policy/v1', 'PodDisruptionBudget', { selector: { matchLabels: { app: 'api' } } }),
    ['apps/StatefulSet/shop/api'],
    false,
  ],
  [
    'a policy of all pods',
    selecting(NET, 'NetworkPolicy', { podSelector: {} }),
    ['apps/Deployment/shop/web', 'apps/StatefulSet/shop/api'],
    false,
  ],
  [
    'expressions',
    selecting(NET, 'NetworkPolicy', {
      podSelector: {
        matchExpressions: [
          { key: 'app', operator: 'In', values: ['web', 'api'] },
          { key: 'app', operator: 'NotIn', values: ['web'] },
          { key: 'app', operator: 'Exists' },
          { key: 'tier', operator: 'DoesNotExist' },
        ],
      },
    }),
    ['apps/StatefulSet/shop/api'],
    false,
  ],
];

describe('label selectors choose the workloads of the set', () => {
  for (const [name, text, expected, idle] of selectors) {
    it(name, () => {
      const other = workload('web', { namespace: 'elsewhere' });
      const set = manifestsOf({
        '1-a/10-w.yml': WEB,
        '1-a/20-a.yml': API,
        '1-a/30-s.yml': text,
        '1-a/40-o.yml': other,
      });
      const graph = graphOf(set);
      const [id = ''] = set.filter(({ identity }) => identity.name === 's').map((one) => one.id);
      assert.deepEqual(chosen(graph, id), expected);
      assert.equal(graph.idle.length > 0, idle);
    });
  }
});

test('D17 one more entry is all that another kind of reference needs', () => {
  const mesh: UseRule = {
    from: 'pods',
    at: 'meshClass',
    to: 'mesh.example.com/MeshClass',
    sort: 'needs',
    without: 'it is alone',
  };
  const set = manifestsOf({ '1-a/10-w.yml': ofPod({ meshClass: 'm' }) });
  const to = (rules?: readonly UseRule[]) => graphOf(set, rules).usedBy.get('mesh.example.com/MeshClass/shop/m');
  assert.equal(to(), undefined);
  assert.deepEqual(
    to([...USES, mesh])?.map(({ from, field }) => [from, field]),
    [['apps/Deployment/shop/web', 'spec.template.spec.meshClass']],
  );
});
