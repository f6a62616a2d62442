import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HistoryEntry } from '../../src/domain/history.ts';
import { uids, type Live } from './footprints.ts';
import { configMap, deployment, job, namespace, pushApp, type WorkloadOptions } from './samples.ts';
import { ACCOUNT, installSite, type Site } from './site.ts';
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

test('what was there before and differs where nothing can change in place is left alone, until replacing it is allowed', async () => {
  const names = ['job/other', 'rolebinding/other'];
  const there = await uids(site, 'old', names);
  const files = (annotations: Record<string, string>) => ({
    'deploy/80-other/20-otherrolebinding.yml': roleBinding('view'),
    'deploy/80-other/30-otherjob.yml': task('other', 'true # other', annotations),
  });
  const ended = await site.ended(await site.commit(files({})));
  assert.equal(ended.state, 'failed');
  const reasons = reasonsOf(ended);
  const prefix = 'it was not made by Ordo and differs in what cannot change in place:';
  assert.equal(reasons['Job/old/other'], `${prefix} ordo.dev/update: recreate allows to replace it`);
  assert.ok(reasons['RoleBinding/old/other']?.startsWith(`${prefix} delete it by hand`));
  assert.deepEqual(await uids(site, 'old', names), there);

  await site.kubectl('-n', 'old', 'delete', 'rolebinding', 'other');
  await site.rollOut(files({ 'ordo.dev/update': 'recreate' }));
  const now = await uids(site, 'old', names);
  for (const name of names) assert.ok(now[name] && now[name] !== there[name], `${name} is not the new one`);
});

// What is there before Ordo -------------------------------------------------------------------------------------------

/** What users have made with kubectl in the course of time: as manifests, and by hand. Answers with the uids. */
async function makeOldObjects(): Promise<Record<string, string>> {
  const kubectl = async (args: string, input = ''): Promise<string> => {
    const { code, stdout, stderr } = await world.cluster.kubectl(args.split(' '), input);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await kubectl('create namespace old');
  await kubectl('create -f -', deployment(world, { ...WEB, replicas: 2 }));
  await kubectl('-n old set env deployment/web ADDED=by-hand');
  await kubectl('-n old annotate --field-manager=somebody deployment/web somebody=was-here');
  await kubectl('apply -f -', configMap('conf', 'old', { stated: 'old', extra: 'old' }));
  await kubectl('create -f -', task('same', 'true'));
  await kubectl('create -f -', task('other', 'true'));
  await kubectl('-n old create rolebinding other --clusterrole=edit --user=nobody');
  const uid = (name: string): Promise<string> => kubectl(`-n old get ${name} -o=jsonpath={.metadata.uid}`);
  const names = ['deployment/web', 'configmap/conf', 'job/same'];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await uid(name)] as const)));
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

const roleBinding = (role: string): string => `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: other, namespace: old }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${role} }
`;

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
