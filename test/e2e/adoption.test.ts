import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { newest, passes, planSays, uids, type Live } from './footprints.ts';
import { configMap, deployment, job, namespace, pushApp, replicaSet, type WorkloadOptions } from './samples.ts';
import { ACCOUNT, installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

const IMAGE = `ghcr.io/${ACCOUNT}/app:main`;

let world: World;
let site: Site;
/** uids of what was there before Ordo and may stay. */
let old: Record<string, string>;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'app', '1');
  old = await makeOldObjects();
  site = await installSite({ world, name: 'adoption', files: adopting() });
});
after(() => world?.close());

test('objects that were there before are adopted in place; what kubectl wrote and Git does not state goes', async () => {
  assert.deepEqual(await uids(site, 'old', Object.keys(old)), old);
  const web = await read<Deployment>('deployment', 'web', 'old');
  assert.deepEqual(web.spec.template.spec.containers[0]?.env, undefined, 'what kubectl set env wrote is still there');
  assert.equal(web.spec.replicas, 1, 'what kubectl create wrote is still there');
  assert.equal(web.metadata.annotations?.['somebody'], 'was-here', 'what somebody else wrote is gone');
  assert.equal(web.metadata.annotations?.['ordo.dev/id'], 'apps/Deployment/old/web');
  const conf = await read<Live>('configmap', 'conf', 'old');
  assert.deepEqual(conf.data, { stated: 'new' });
  assert.equal(conf.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'], undefined);
  const [first] = (await site.history()).slice(-1);
  assert.ok(first?.state === 'done');
  assert.match(reasonsOf(first)['Deployment/old/web'] ?? '', /fields of somebody stay theirs/);
});

test('what was there before and differs where nothing can change in place is held, until replacing it is allowed', async () => {
  const names = ['job/other', 'rolebinding/other', 'rolebinding/gone'];
  const there = await uids(site, 'old', names);
  const files = (annotations: Record<string, string>) => ({
    'deploy/80-other/20-otherrolebinding.yml': roleBinding('other', annotations),
    'deploy/80-other/25-gonerolebinding.yml': roleBinding('gone'),
    'deploy/80-other/26-equalrolebinding.yml': roleBinding('equal'),
    'deploy/80-other/27-equalreplicaset.yml': set('true'),
    'deploy/80-other/30-otherjob.yml': task('other', 'true # other', annotations),
    'deploy/90-next/10-nextconfigmap.yml': configMap('next', 'old', {}),
  });
  await site.rollOut(files({}));
  const { rollout, state, steps } = await newest(site);
  assert.equal(state, 'done');
  const held = steps.filter((step) => step.state === 'held');
  assert.deepEqual(held.map(({ object }) => object).toSorted(), [
    ...['Job/old/other', 'ReplicaSet/old/equal'],
    ...['RoleBinding/old/equal', 'RoleBinding/old/gone', 'RoleBinding/old/other'],
  ]);
  const words = 'it was not made by Ordo and differs in what cannot change in place: ordo.dev/update: recreate allows';
  for (const { reason = '' } of held) assert.ok(reason.startsWith(words), reason);
  assert.deepEqual(await uids(site, 'old', names), there);
  await planSays(site, /^ +hold +RoleBinding\/old\/other .*not made by Ordo/m);
  await passes(site, 2);
  assert.equal((await newest(site)).rollout, rollout, 'it was tried again');

  const equal = ['rolebinding/equal', 'replicaset/equal'];
  const made = await makeEqual(equal);
  const isOrdos = async (name: string): Promise<boolean> => {
    const [kind = '', own = ''] = name.split('/');
    return (await read<Live>(kind, own, 'old')).metadata.annotations?.['ordo.dev/id'] !== undefined;
  };
  for (const name of equal) await until(`${name}, which is as Git says, to be adopted`, () => isOrdos(name));
  assert.deepEqual(await uids(site, 'old', equal), made);

  await site.kubectl('-n', 'old', 'delete', 'rolebinding', 'gone');
  await site.rollOut(files({ 'ordo.dev/update': 'recreate' }));
  await until(
    'what somebody has taken away to be made',
    async () => (await uids(site, 'old', names))['rolebinding/gone'],
  );
  const now = await uids(site, 'old', names);
  for (const name of names) assert.ok(now[name] && now[name] !== there[name], `${name} is not the new one`);
});

// What is there before Ordo -------------------------------------------------------------------------------------------

/** What users have made with kubectl in the course of time: as manifests, and by hand. Answers with the uids. */
async function makeOldObjects(): Promise<Record<string, string>> {
  await kubectl('create namespace old');
  await kubectl('create -f -', deployment(world, { ...WEB, replicas: 2 }));
  await kubectl('-n old set env deployment/web ADDED=by-hand');
  await kubectl('-n old annotate --field-manager=somebody deployment/web somebody=was-here');
  await kubectl('apply -f -', configMap('conf', 'old', { stated: 'old', extra: 'old' }));
  await kubectl('create -f -', task('same', 'true'));
  await kubectl('create -f -', task('other', 'true'));
  await kubectl('create -f -', set('false'));
  for (const name of ['other', 'gone', 'equal']) {
    await kubectl(`-n old create rolebinding ${name} --clusterrole=edit --user=nobody`);
  }
  const uid = (name: string): Promise<string> => kubectl(`-n old get ${name} -o=jsonpath={.metadata.uid}`);
  const names = ['deployment/web', 'configmap/conf', 'job/same'];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await uid(name)] as const)));
}

/** What was held is as Git says from now on, by people's hands. Answers with the uids. */
async function makeEqual(names: readonly string[]): Promise<Record<string, string>> {
  // Else Ordo might make what is gone for a moment.
  const suspend = (annotation: string): Promise<string> =>
    site.kubectl('-n', NAMESPACE, 'annotate', 'configmap', 'ordo-inventory', annotation);
  await suspend('ordo.dev/suspend=true');
  await kubectl('replace --force -f -', roleBinding('equal'));
  await kubectl('replace -f -', set('true'));
  await suspend('ordo.dev/suspend-');
  return uids(site, 'old', names);
}

async function kubectl(args: string, input = ''): Promise<string> {
  const { code, stdout, stderr } = await world.cluster.kubectl(args.split(' '), input);
  assert.equal(code, 0, stderr);
  return stdout;
}

const WEB: WorkloadOptions = { name: 'web', namespace: 'old', image: IMAGE };

/** Git's word on some of them. */
const adopting = (): Record<string, string> => ({
  'deploy/70-old/10-oldnamespace.yml': namespace('old'),
  'deploy/70-old/20-webdeployment.yml': deployment(world, WEB).replace('  replicas: 1\n', ''),
  'deploy/70-old/30-confconfigmap.yml': configMap('conf', 'old', { stated: 'new' }),
  'deploy/70-old/40-samejob.yml': task('same', 'true'),
});

function task(name: string, script: string, annotations: Record<string, string> = {}): string {
  const container = `command: ['/bin/sh', '-c', '${script}']`;
  return job(world, { name, namespace: 'old', image: IMAGE, container, annotations });
}

/** Without pods, and with another template for each program. */
const set = (program: string): string =>
  replicaSet(world, {
    name: 'equal',
    namespace: 'old',
    image: IMAGE,
    replicas: 0,
    container: `command: ['/bin/${program}']`,
  });

const roleBinding = (name: string, annotations: Record<string, string> = {}): string =>
  JSON.stringify({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace: 'old', annotations },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
  });

// What they look at ---------------------------------------------------------------------------------------------------

interface Deployment extends Live {
  spec: { replicas: number; template: { spec: { containers: { env?: unknown }[] } } };
}

async function read<T>(kind: string, name: string, where: string): Promise<T> {
  const found = await site.get<T>(kind, name, where);
  assert.ok(found, `${kind} ${name} is there`);
  return found;
}

const reasonsOf = ({ steps }: HistoryEntry): Record<string, string> =>
  Object.fromEntries(steps.map(({ object, reason = '' }) => [object, reason]));
