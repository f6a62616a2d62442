import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { known, unknown } from '../../src/domain/known.ts';
import { Plan } from '../../src/domain/plan.ts';
import { nextInventory } from '../../src/plan/next.ts';
import { planAsText } from '../../src/plan/text.ts';
import { deployed } from './deployed.ts';
import {
  OTHER_DIGEST,
  claim,
  configMap,
  namespace,
  outcomeOf,
  planFor,
  secret,
  service,
  workload,
  type Files,
  type Planned,
} from './fixtures.ts';

const golden = join(import.meta.dirname, '..', 'golden');

/** Compares the plan, as people read it, with the file `golden/NAME.txt`. */
function looksLike(t: TestContext, name: string, { plan, problems, notes }: Planned): void {
  // What goes to the runner as JSON comes back the same.
  assert.deepEqual(Plan.parse(JSON.parse(JSON.stringify(plan))), plan);
  const serializers = [(text: string) => text];
  t.assert.fileSnapshot(planAsText(plan, problems, notes), join(golden, `${name}.txt`), { serializers });
}

const SHOP: Files = {
  '1-base/10-namespace.yml': namespace('shop'),
  '2-db/20-dbconfigmap.yml': configMap('db', { size: '10' }),
  '2-db/40-dbstatefulset.yml': workload('db', { kind: 'StatefulSet', config: ['db'] }),
  '2-db/100-dbservice.yml': service('db'),
  '10-web/10-webconfigmap.yml': configMap('web', { theme: 'dark' }),
  '10-web/15-migratejob.yml': workload('migrate', { kind: 'Job', image: 'image_url_var' }),
  '10-web/20-webdeployment.yml': workload('web', { image: 'image_url_var', config: ['web', 'db'] }),
  '10-web/30-webservice.yml': service('web'),
};

test('#16 a first deployment goes group by group, and by number in each', (t) => {
  looksLike(t, 'first-deployment', planFor(SHOP));
});

test('#24 a changed ConfigMap recreates each of its users, in its own and in later groups', (t) => {
  const files = { ...SHOP, '2-db/20-dbconfigmap.yml': configMap('db', { size: '20' }) };
  looksLike(t, 'configuration-changed', planFor(files, { inventory: deployed(SHOP) }));
});

test('a user in an earlier group comes after the ConfigMap that changed', (t) => {
  const files = { ...SHOP, '2-db/10-earlydaemonset.yml': workload('early', { kind: 'DaemonSet', config: ['web'] }) };
  const edited = { ...files, '10-web/10-webconfigmap.yml': configMap('web', { theme: 'light' }) };
  looksLike(t, 'configuration-of-an-earlier-group', planFor(edited, { inventory: deployed(files) }));
});

test('#23 a new digest recreates what runs the image, and nothing else is touched', (t) => {
  const inventory = deployed(SHOP);
  looksLike(t, 'image-moved', planFor(SHOP, { inventory, digestOf: () => known(OTHER_DIGEST) }));
});

test('#15 a renamed file changes nothing in the cluster', (t) => {
  const { '10-web/20-webdeployment.yml': web = '', ...rest } = SHOP;
  looksLike(t, 'renamed-file', planFor({ ...rest, '11-web/25-web.yml': web }, { inventory: deployed(SHOP) }));
});

test('#11 removed files: workloads and Services go with their group, the rest at the end, what holds data stays', (t) => {
  const files = { ...SHOP, '2-db/30-dbclaim.yml': claim('data') };
  const { '1-base/10-namespace.yml': kept = '' } = SHOP;
  const inventory = deployed({ ...files, '3-extra/10-extranamespace.yml': namespace('extra') });
  looksLike(t, 'removed-files', planFor({ '1-base/10-namespace.yml': kept }, { inventory }));
});

test('a file that cannot be read holds every deletion, and nothing else', (t) => {
  const { '10-web/30-webservice.yml': _gone, ...rest } = SHOP;
  const files = {
    ...rest,
    '2-db/20-dbconfigmap.yml': configMap('db', { size: '20' }),
    '3-odd/10-broken.yml': 'kind: [ConfigMap\n',
  };
  looksLike(t, 'unreadable-file', planFor(files, { inventory: deployed(SHOP) }));
});

test('an object that now stands in an unusable place stays as it is', (t) => {
  const { '2-db/100-dbservice.yml': db = '', '10-web/30-webservice.yml': web = '', ...rest } = SHOP;
  const files = {
    ...rest,
    '2-db/too/deep/100-dbservice.yml': db,
    'web/30-webservice.yml': web,
    '2-db/21-copy.yml': configMap('db', { size: '99' }),
  };
  looksLike(t, 'unusable-place', planFor(files, { inventory: deployed(SHOP) }));
});

test('an empty folder holds everything', (t) => {
  looksLike(t, 'empty-folder', planFor({}, { inventory: deployed(SHOP) }));
});

test('when the HMAC key is lost everything is applied in place once, and nothing is recreated', (t) => {
  const files = { ...SHOP, '2-db/20-dbconfigmap.yml': configMap('db', { size: '20' }) };
  const live = { 'batch/Job/shop/migrate': known(undefined) };
  looksLike(t, 'lost-key', planFor(files, { inventory: deployed(SHOP), key: 'key-2', live }));
});

test('an unknown digest holds its workload; the rest goes on', (t) => {
  const files = { ...SHOP, '2-db/20-dbconfigmap.yml': configMap('db', { size: '20' }) };
  const digestOf = () => unknown('the registry answered 401');
  looksLike(t, 'unknown-digest', planFor(files, { inventory: deployed(SHOP), digestOf }));
});

test('what may carry the network that the Job needs, or is Ordo, or asks for it takes a new template in place', (t) => {
  const version = (image: string): Files => ({
    '1-ordo/10-ordo.yml': workload('ordo', {
      image,
      namespace: 'admin',
      annotations: { 'ordo.dev/update': 'recreate' },
    }),
    '2-net/10-dns.yml': workload('dns', { image, namespace: 'kube-system' }),
    '2-net/20-cni.yml': workload('cni', {
      kind: 'DaemonSet',
      image,
      pod: { priorityClassName: 'system-node-critical' },
    }),
    '2-net/30-asked.yml': workload('asked', {
      kind: 'DaemonSet',
      image,
      namespace: 'kube-system',
      annotations: { 'ordo.dev/update': 'recreate' },
    }),
    '3-app/10-rolling.yml': workload('rolling', { image, annotations: { 'ordo.dev/update': 'rolling' } }),
    '3-app/20-job.yml': workload('job', { kind: 'Job', image, annotations: { 'ordo.dev/update': 'rolling' } }),
    '3-app/30-pod.yml': workload('pod', { kind: 'Pod', image, namespace: 'kube-system' }),
    '3-app/40-keep.yml': workload('keep', {
      kind: 'StatefulSet',
      image,
      spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } },
    }),
    '3-app/50-plain.yml': workload('plain', { image }),
  });
  looksLike(t, 'rolling', planFor(version('app:2'), { inventory: deployed(version('app:1')) }));
});

test('Jobs run again when their configuration changes, when they change, or never', (t) => {
  const jobs = (value: string, image: string): Files => ({
    '1-jobs/10-config.yml': configMap('settings', { value }),
    '1-jobs/20-default.yml': job('default', image, {}),
    '1-jobs/30-onchange.yml': job('on-change', image, { 'ordo.dev/run': 'on-change' }),
    '1-jobs/40-once.yml': job('once', image, { 'ordo.dev/run': 'once' }),
    '1-jobs/50-not-a-job.yml': workload('not-a-job', {
      image: 'nginx:1',
      config: ['settings'],
      annotations: { 'ordo.dev/run': 'on-change' },
    }),
  });
  const job = (name: string, image: string, annotations: Record<string, string>) =>
    workload(name, { kind: 'Job', image, config: ['settings'], annotations });
  const inventory = deployed(jobs('1', 'app:1'));
  looksLike(t, 'jobs-configuration-changed', planFor(jobs('2', 'app:1'), { inventory }));
  looksLike(t, 'jobs-image-changed', planFor(jobs('1', 'app:2'), { inventory }));
});

test('what failed is tried again in place', (t) => {
  const { plan, input } = planFor(SHOP);
  const last = plan.steps.findIndex(({ entry }) => entry.kind === 'Deployment');
  const outcome = outcomeOf(plan, (index) => {
    if (index < last) return undefined;
    return index === last ? { state: 'failed', changed: 'applied', reason: 'not ready' } : { state: 'not-reached' };
  });
  looksLike(t, 'failed-before', planFor(SHOP, { inventory: nextInventory(input.inventory, plan, 'key-1', outcome) }));
});

test("Ordo's own objects stay when they leave the repository", (t) => {
  const own: Files = {
    '1-ordo/10-namespace.yml': namespace('admin'),
    '1-ordo/20-account.yml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ordo-runner}\n',
    '1-ordo/30-role.yml':
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: ordo-runner}\n',
    '1-ordo/40-settings.yml': secret('variables-for-pipelineinitialisation', {}, 'admin'),
    '1-ordo/50-tool.yml': workload('tool', { namespace: 'admin' }),
    '1-ordo/170-ordo.yml': workload('ordo', { namespace: 'admin' }),
  };
  // An older version applied its settings, when they were named in the folder.
  const live = { '/Secret/admin/variables-for-pipelineinitialisation': known(undefined) };
  const inventory = deployed({ ...own, ...SHOP }, { live });
  looksLike(t, 'own-objects-removed', planFor(SHOP, { inventory }));
});
