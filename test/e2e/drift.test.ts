import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FieldOwner } from '../../src/domain/field-owner.ts';
import type { KubeObject } from '../../src/domain/object.ts';
import { applied, byHand, config, driftFiles, fromGit, patch, replaced, settled, workload } from './drift-shop.ts';
import { newest, stepsOf, uids, valueOf, planText } from './footprints.ts';
import { pushApp } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

// What people and programs do to objects that Ordo applied, and how it is put back.

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'web', '1');
  site = await installSite({ world, name: 'drift', files: driftFiles(world) });
});
after(() => world?.close());

const run =
  (...commands: string[][]) =>
  async (): Promise<void> => {
    for (const args of commands) await site.kubectl(...args);
  };

// What is touched, how, and what is said of it.
const edits: [string, () => Promise<void>, RegExp][] = [
  ['ConfigMap/shop/patched', run(patch(config('patched'), byHand)), /^data\.value was changed by kubectl-patch$/],
  [
    'ConfigMap/shop/reverted',
    run(patch(config('reverted'), byHand), patch(config('reverted'), fromGit)),
    /^data\.value was changed by kubectl-patch$/,
  ],
  ['ConfigMap/shop/removed', run(patch(config('removed'), { data: { other: null } })), /^data\.other was removed$/],
  [
    'ConfigMap/shop/cleared',
    run(patch(config('cleared'), [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }], 'json')),
    /was removed/,
  ],
  ['ConfigMap/shop/forced', () => applied(world, 'operator', 'forced'), /^data\.value was changed by operator$/],
  ['ConfigMap/shop/replaced', () => replaced(world, 'replaced'), /^somebody made it anew, or took its stamps away$/],
  [
    'Secret/shop/shop',
    run(patch(['-n', 'shop', 'secret', 'shop'], { stringData: { password: 'by hand' } })),
    /^data was changed by kubectl-patch$/,
  ],
  [
    'Deployment/shop/scaled',
    run(['scale', '--replicas=1', ...workload('scaled')]),
    /^spec\.replicas was changed by kubectl$/,
  ],
  [
    'Deployment/shop/pictured',
    run(['set', 'image', ...workload('pictured'), 'main=ghcr.io/acme/web:main']),
    /^spec\.template\.spec\.containers\[main\]\.image was changed by kubectl-set$/,
  ],
  [
    'Deployment/shop/labelled',
    run(['label', '--overwrite', ...workload('labelled'), 'app=other']),
    /^metadata\.labels\.app was changed by kubectl-label$/,
  ],
  [
    'Deployment/shop/untargeted',
    run(['label', ...workload('untargeted'), 'ordo.dev/target-']),
    /^fields that Git states were changed or removed$/,
  ],
  [
    'Deployment/shop/unstamped',
    run(['annotate', '--overwrite', ...workload('unstamped'), 'ordo.dev/id=other']),
    /^somebody made it anew, or took its stamps away$/,
  ],
];

const edited = edits.map(([name]) => name.replace('/shop/', '/').toLowerCase());

/** What Git states of an object, and nothing else. */
async function stated(kindAndName: string): Promise<unknown> {
  const [kind = '', name = ''] = kindAndName.split('/');
  const found = (await site.get<KubeObject>(kind, name, 'shop')) ?? assert.fail(`${kindAndName} is gone`);
  const { labels = {}, annotations = {} } = found.metadata;
  const { replicas, template } = (found['spec'] ?? {}) as {
    replicas?: number;
    template?: { spec: { containers: { image: string }[] } };
  };
  const stamps = [labels['ordo.dev/target'], labels['app'], annotations['ordo.dev/id']];
  return { data: found['data'], stamps, replicas, image: template?.spec.containers[0]?.image };
}
const statedAll = (): Promise<unknown[]> => Promise.all(edited.map(stated));

test('J04 what others change or remove of what Git states is put back in place, and said; other fields are left alone', async () => {
  await settled(site);
  const [before, was] = [await uids(site, 'shop', edited), await statedAll()];
  // Fields that Git does not state: another manager's, and of the whole for a workload that is not touched otherwise.
  await site.kubectl('set', 'env', ...workload('foreign'), 'COLOR=red');
  await site.kubectl('annotate', ...workload('pictured'), 'example.com/note=mine');
  const { rollout } = await newest(site);
  // Below its least number an autoscaler asks for no metrics.
  await site.kubectl('-n', 'shop', 'autoscale', 'deployment', 'web', '--min=2', '--max=3');
  await Promise.all(edits.map(([, act]) => act()));
  await until('all to be as it was', async () => JSON.stringify(await statedAll()) === JSON.stringify(was), {
    explain: async () => `${JSON.stringify(await statedAll(), undefined, 1)}\n${await planText(site)}`,
  });
  await settled(site);
  assert.deepEqual(await uids(site, 'shop', edited), before, 'something was made anew');
  const steps = (await site.history()).filter((one) => one.rollout > rollout).flatMap(stepsOf);
  assert.deepEqual(new Set(steps), new Set(edits.map(([name]) => `apply ${name}`)));
  const log = await site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo', '--tail=200');
  for (const [name, , wanted] of edits) {
    const said = log.split('\n').filter((line) => line.includes('put back') && line.includes(`"${name}"`));
    const reasons = said.map((line) => (JSON.parse(line) as { reason: string }).reason);
    assert.ok(
      reasons.some((reason) => wanted.test(reason)),
      `${name}: ${reasons.join(' | ')}`,
    );
  }
  const { spec, metadata } = (await site.get<KubeObject>('deployment', 'foreign', 'shop')) ?? assert.fail();
  assert.match(JSON.stringify(spec), /"COLOR"/);
  assert.equal(metadata.annotations?.['ordo.dev/rollout'], '1');
  const pictured = await site.get<KubeObject>('deployment', 'pictured', 'shop');
  assert.equal(pictured?.metadata.annotations?.['example.com/note'], 'mine');
});

test('J04 how many pods an autoscaler wants is no drift', async () => {
  const web = async (): Promise<KubeObject & { metadata: { managedFields?: FieldOwner[] } }> =>
    (await site.get('deployment', 'web', 'shop')) ?? assert.fail('web is gone');
  const replicas = async (): Promise<unknown> => ((await web())['spec'] as { replicas: number }).replicas;
  await until('the autoscaler to ask for a second pod', async () => (await replicas()) === 2);
  const { manager } = (await web()).metadata.managedFields?.find(({ subresource }) => subresource === 'scale') ?? {};
  assert.equal(manager, 'kube-controller-manager');
  // A plan that looks at everything.
  await site.kubectl(...patch(config('patched'), byHand));
  await until('a repair', async () => (await valueOf(site, 'shop', 'patched')) === 'from git');
  await settled(site);
  assert.equal(await replicas(), 2);
  assert.equal((await web()).metadata.annotations?.['ordo.dev/rollout'], '1');
  await site.kubectl('-n', 'shop', 'delete', 'horizontalpodautoscaler', 'web');
});

test('J04 #35 what is deleted comes back in the order of its numbers; what has ended by itself does not', async () => {
  const ended = ['job/migrate', 'pod/once'];
  await until(
    'the pod to have ended',
    async () =>
      (await site.kubectl('-n', 'shop', 'get', 'pod', 'once', '-o', 'jsonpath={.status.phase}')) === 'Succeeded',
  );
  const { rollout } = await newest(site);
  await site.kubectl('-n', 'shop', 'delete', ...ended);
  await site.kubectl(
    '-n',
    'shop',
    'delete',
    'deployment/web',
    'service/web',
    'configmap/patched',
    '--cascade=background',
  );
  await until('all to be back', async () =>
    Object.values(await uids(site, 'shop', ['deployment/web', 'service/web', 'configmap/patched'])).every(Boolean),
  );
  await settled(site);
  const repairs = (await site.history()).filter((one) => one.rollout > rollout);
  assert.ok(repairs.every(({ state }) => state === 'done'));
  const steps = repairs.toReversed().flatMap(stepsOf);
  assert.deepEqual([...steps].sort(), [
    'apply ConfigMap/shop/patched',
    'apply Deployment/shop/web',
    'apply Service/shop/web',
  ]);
  if (repairs.length === 1)
    assert.deepEqual(steps, ['apply ConfigMap/shop/patched', 'apply Service/shop/web', 'apply Deployment/shop/web']);
  assert.deepEqual(await uids(site, 'shop', ended), { 'job/migrate': '', 'pod/once': '' });
});

test('O06 without the network drift is undone from the last good manifests, also by a controller that starts then, and when a Namespace went', async () => {
  const sha = await site.sha();
  const back = async (what: string, ...names: string[]): Promise<void> => {
    const isThere = async (): Promise<boolean> =>
      (await valueOf(site, 'shop', 'cleared')) === 'from git' &&
      Object.values(await uids(site, 'shop', names)).every(Boolean);
    await until(what, isThere, { explain: () => planText(site) });
  };
  world.github.fail({ reset: true });
  world.registry.fail({ reset: true });
  try {
    await until('Ordo to see that it is alone', async () => /head commit is not known/.test(await planText(site)));
    await site.kubectl(...patch(config('cleared'), byHand));
    await site.kubectl('-n', 'shop', 'delete', 'service', 'web');
    await back('the repair', 'service/web');
    const own = ['-n', NAMESPACE, '-l', 'app=ordo'];
    await site.kubectl('delete', 'pod', ...own);
    await site.kubectl('delete', 'namespace', 'shop');
    await back('the repair by the new controller', 'service/web', 'job/migrate', 'pod/once', 'deployment/web');
    assert.equal(await site.sha(), sha);
  } finally {
    world.github.fail(undefined);
    world.registry.fail(undefined);
  }
  await settled(site);
  assert.equal(await site.sha(), sha);
});
