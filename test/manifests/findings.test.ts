import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { referenceFindings, type ReferenceFinding } from '../../src/manifests/findings.ts';
import { graphOf } from '../../src/manifests/graph.ts';
import { configMap, namespace, secret, workload, type Files } from '../plan/fixtures.ts';
import { manifestsOf, objectOf } from './sets.ts';

function findingsOf(files: Files, there: readonly string[] = []): ReferenceFinding[] {
  const context = { namespace: 'admin', isThere: (id: string) => there.includes(id) };
  return referenceFindings(graphOf(manifestsOf(files)), context);
}

const SHOP = { '1-shop/10-namespace.yml': namespace('shop') };
const web = workload('web', { config: ['web'] });
const conf = configMap('web', { a: '1' });
const account = objectOf('v1', 'ServiceAccount', 'web');
const FROM = 'spec.template.spec.containers[0].envFrom[0].configMapRef.name';

/** Severity, `path:document`, about and words of each. */
const texts = (files: Files): string[] =>
  findingsOf(files).map(
    ({ severity, path, document, about, reason }) => `${severity} ${path.slice(7)}:${document} ${about}: ${reason}`,
  );

const rows: [name: string, files: Files, findings: string[]][] = [
  ['all is there and in order', { ...SHOP, '2-web/10-c.yml': conf, '2-web/20-w.yml': web }, []],
  [
    'a missing ConfigMap, which two workloads use',
    { ...SHOP, '2-web/20-w.yml': web, '2-web/30-x.yml': workload('x', { config: ['web'] }) },
    [
      `warning 2-web/20-w.yml:1 missing: Deployment/shop/web: uses ConfigMap/shop/web (${FROM}), which is not in this folder: its pods do not start, unless it is made by hand or by a Job (and 1 more uses it)`,
    ],
  ],
  [
    'what may be missing',
    {
      ...SHOP,
      '2-web/20-w.yml': workload('web', { pod: { volumes: [{ configMap: { name: 'c', optional: true } }] } }),
    },
    [],
  ],
  [
    'a class that many clusters bring along is a note',
    { ...SHOP, '2-web/20-d.yml': objectOf('v1', 'PersistentVolumeClaim', 'd', { spec: { storageClassName: 'fast' } }) },
    [
      'note 2-web/20-d.yml:1 missing: PersistentVolumeClaim/shop/d: uses StorageClass/fast (spec.storageClassName), which is not in this folder: no volume is made for it, unless it is there: many clusters bring it along',
    ],
  ],
  [
    'what every cluster has, and what Ordo has',
    {
      '1-a/10-w.yml': workload('w', {
        namespace: 'default',
        config: ['kube-root-ca.crt'],
        pod: { serviceAccountName: 'default', priorityClassName: 'system-node-critical' },
      }),
      '1-a/20-b.yml': objectOf(
        'rbac.authorization.k8s.io/v1',
        'RoleBinding',
        'b',
        {
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
          subjects: [{ kind: 'ServiceAccount', name: 'ordo', namespace: 'admin' }],
        },
        { namespace: 'admin' },
      ),
      '1-a/30-w.yml': workload('o', {
        namespace: 'admin',
        pod: { volumes: [{ secret: { secretName: 'variables-for-pipelineinitialisation' } }] },
      }),
    },
    [],
  ],
  [
    'used before its number, in its group: the used one moves in front, to the next free number',
    { ...SHOP, '2-web/20-w.yml': web, '2-web/30-c.yml': conf, '2-web/19-o.yml': configMap('o', {}) },
    [
      `warning 2-web/20-w.yml:1 late: Deployment/shop/web: uses ConfigMap/shop/web (${FROM}), which comes later, in deploy/2-web/30-c.yml: until then its pods do not start; rename deploy/2-web/30-c.yml to deploy/2-web/18-c.yml`,
    ],
  ],
  [
    'in a later group nothing gets there',
    { ...SHOP, '2-web/20-w.yml': web, '3-conf/30-c.yml': conf },
    [
      `error 2-web/20-w.yml:1 late: Deployment/shop/web: uses ConfigMap/shop/web (${FROM}), which comes later, in deploy/3-conf/30-c.yml: until then its pods do not start; rename deploy/3-conf/30-c.yml to deploy/2-web/19-c.yml`,
    ],
  ],
  [
    'a user that stands wrong with more than one moves behind them',
    {
      ...SHOP,
      '2-web/20-w.yml': workload('web', { config: ['web'], pod: { serviceAccountName: 'web' } }),
      '2-web/30-c.yml': conf,
      '2-web/40-a.yml': account,
      '2-web/41-s.yml': secret('s', {}),
    },
    [
      `warning 2-web/20-w.yml:1 late: Deployment/shop/web: uses ServiceAccount/shop/web (spec.template.spec.serviceAccountName), which comes later, in deploy/2-web/40-a.yml: until then no pod of it is made; rename deploy/2-web/20-w.yml to deploy/2-web/42-w.yml`,
      `warning 2-web/20-w.yml:1 late: Deployment/shop/web: uses ConfigMap/shop/web (${FROM}), which comes later, in deploy/2-web/30-c.yml: until then its pods do not start; rename deploy/2-web/20-w.yml to deploy/2-web/42-w.yml`,
    ].toSorted(),
  ],
  [
    'a Namespace after what is in it: the API server refuses that',
    { '1-shop/10-c.yml': conf, '1-shop/20-namespace.yml': namespace('shop') },
    [
      'warning 1-shop/10-c.yml:1 late: ConfigMap/shop/web: uses Namespace/shop (metadata.namespace), which comes later, in deploy/1-shop/20-namespace.yml: until then the API server does not take it; rename deploy/1-shop/20-namespace.yml to deploy/1-shop/9-namespace.yml',
    ],
  ],
  [
    'in one file the documents change places',
    { ...SHOP, '2-web/20-w.yml': `${web}\n---\n${conf}` },
    [
      `warning 2-web/20-w.yml:1 late: Deployment/shop/web: uses ConfigMap/shop/web (${FROM}), which comes behind it in the same file: until then its pods do not start; move document 2 in front of document 1`,
    ],
  ],
  [
    'on the same number the names decide',
    { ...SHOP, '2-web/20-a.yml': conf, '2-web/20-b.yml': web },
    [
      `warning 2-web/20-b.yml:1 same-number: Deployment/shop/web: uses ConfigMap/shop/web (${FROM}), which has the same number, in deploy/2-web/20-a.yml: only the names decide that it comes first; rename deploy/2-web/20-a.yml to deploy/2-web/19-a.yml`,
    ],
  ],
  ['the same number without a use', { ...SHOP, '2-web/20-a.yml': conf, '2-web/20-b.yml': account }, []],
  [
    'what may come in any order',
    {
      ...SHOP,
      '2-web/20-db.yml': workload('db', { kind: 'StatefulSet', spec: { serviceName: 'db' } }),
      '2-web/30-db.yml': objectOf('v1', 'Service', 'db', { spec: { selector: { app: 'db' } } }),
    },
    [],
  ],
  [
    'a circle has no order',
    {
      ...SHOP,
      '2-web/20-s.yml': objectOf(
        'v1',
        'Secret',
        's',
        {},
        { annotations: { 'kubernetes.io/service-account.name': 'a' } },
      ),
      '2-web/30-a.yml': objectOf('v1', 'ServiceAccount', 'a', { imagePullSecrets: [{ name: 's' }] }),
    },
    [
      'warning 2-web/20-s.yml:1 circle: Secret/shop/s: uses ServiceAccount/shop/a (metadata.annotations[kubernetes.io/service-account.name]), which uses it too: no order fits both',
    ],
  ],
  [
    'a selector that chooses nothing',
    { ...SHOP, '2-web/20-s.yml': objectOf('v1', 'Service', 's', { spec: { selector: { app: 'wbe' } } }) },
    [
      'warning 2-web/20-s.yml:1 selects-nothing: Service/shop/s: spec.selector chooses no workload of this folder: it leads nowhere, unless somebody else makes such pods',
    ],
  ],
];

describe('O14 findings of references', () => {
  for (const [name, files, expected] of rows) it(name, () => assert.deepEqual(texts(files).toSorted(), expected));
});

test('O14 what somebody else makes is not missing', () => {
  const files = { ...SHOP, '2-web/20-w.yml': web };
  assert.deepEqual(findingsOf(files, ['/ConfigMap/shop/web']), []);
});

/** Accounts, roles and bindings, claims and workloads that use what has a smaller index than they, in any files at all. */
const acyclic: fc.Arbitrary<Files> = fc
  .array(fc.record({ group: fc.integer({ min: 1, max: 3 }), file: fc.integer({ min: 1, max: 12 }), uses: fc.nat() }), {
    minLength: 2,
    maxLength: 9,
  })
  .map((places) =>
    Object.fromEntries(
      places.map(({ group, file, uses }, index) => {
        const used = places.map((_, other) => other).filter((other) => other < index && (uses >> other) % 2 === 1);
        // A token of one account, with which the next one pulls: chains of any length.
        const text =
          index % 2 === 0
            ? objectOf(
                'v1',
                'ServiceAccount',
                `n${index}`,
                { imagePullSecrets: used.filter((one) => one % 2 === 1).map((one) => ({ name: `n${one}` })) },
                { namespace: 'default' },
              )
            : objectOf(
                'v1',
                'Secret',
                `n${index}`,
                {},
                {
                  namespace: 'default',
                  annotations: {
                    'kubernetes.io/service-account.name': `n${used.findLast((one) => one % 2 === 0) ?? 0}`,
                  },
                },
              );
        return [`${group}-g/${file}-${index}.yml`, text];
      }),
    ),
  );

const MOVE = /rename deploy\/(\S+) to deploy\/(\S+)$/;

test('O14 whoever follows the suggestions ends with nothing to find, when nothing goes in a circle', () => {
  fc.assert(
    fc.property(acyclic, (given) => {
      let files = given;
      for (let round = 0; round < 100; round += 1) {
        const [first] = findingsOf(files);
        if (first === undefined) return;
        const [, from = '', to = ''] = MOVE.exec(first.reason) ?? [];
        const text = files[from];
        assert.ok(text !== undefined && files[to] === undefined, first.reason);
        const { [from]: _moved, ...rest } = files;
        files = { ...rest, [to]: text };
      }
      assert.fail('it goes on and on');
    }),
    { numRuns: 300 },
  );
});
