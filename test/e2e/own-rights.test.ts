import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { planText, stepsOf, valueOf } from './footprints.ts';
import { configMap, namespace, pod, pushApp } from './samples.ts';
import { installSite, NAMESPACE, ownFiles, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

const ROLE = 'deploy/1-ordo/50-ordorole.yml';
const BINDING = 'deploy/1-ordo/60-ordorolebinding.yml';
const OWN = 'deploy/1-ordo/170-ordodeployment.yml';
const UNFINISHED = 'status.phase!=Succeeded,status.phase!=Failed';
const CONFIG = 'deploy/2-shop/20-webconfigmap.yml';

let world: World;
let site: Site;
let own: Record<string, string>;
before(async () => {
  world = await openWorld();
  own = await ownFiles();
  await pushApp(world, 'filler', '1');
  const files = { 'deploy/2-shop/10-namespace.yml': namespace('shop'), ...config('1') };
  site = await installSite({ world, name: 'rights', files, settings: { 'ready-timeout': '30s' } });
});
after(() => world?.close());

function config(value: string): Record<string, string> {
  return { [CONFIG]: configMap('web', 'shop', { value }) };
}

/** Ordo's own files with a text replaced in one of them. */
function edited(path: string, from: string, to: string): Record<string, string> {
  const text = own[path] ?? '';
  assert.ok(text.includes(from), `${path} holds ${from}`);
  return { [path]: text.replaceAll(from, to) };
}

/** Rolls a commit out and looks that the rest of it was done and that this is held, with its reason in `ordo plan`. */
async function isHeld(files: Record<string, string>, value: string, said: RegExp): Promise<void> {
  await site.rollOut({ ...files, ...config(value) });
  assert.equal(await valueOf(site, 'shop', 'web'), value);
  const [entry] = await site.history();
  assert.deepEqual([entry?.state, entry && stepsOf(entry)], ['done', ['apply ConfigMap/shop/web']]);
  await until('ordo plan to say what is held', async () => said.test(await planText(site)), {
    explain: () => planText(site),
  });
}

const rules = (): Promise<string> => site.kubectl('-n', NAMESPACE, 'get', 'role', 'ordo', '-o', 'jsonpath={.rules}');

test('O13 rights that a commit narrows below what Ordo lives by are held and named; more of them are given', async () => {
  const before = await rules();
  const said = /hold +Role\/admin\/ordo .*ServiceAccount\/admin\/ordo may not .*jobs\.batch in admin/;
  await isHeld(edited(ROLE, 'resources: [jobs]', 'resources: [cronjobs]'), 'narrowed', said);
  assert.equal(await rules(), before);
  await site.rollOut({ ...edited(ROLE, 'resources: [jobs]', 'resources: [jobs, cronjobs]'), ...config('widened') });
  const [entry] = await site.history();
  assert.deepEqual(entry && stepsOf(entry), ['apply ConfigMap/shop/web', 'apply Role/admin/ordo']);
  assert.match(await rules(), /"jobs","cronjobs"/);
});

test('O13 an account that is renamed is held with what it would lack; the binding of the old one stays', async () => {
  const files = {
    ...edited(OWN, 'serviceAccountName: ordo', 'serviceAccountName: pilot'),
    ...edited(BINDING, '    name: ordo\n    namespace', '    name: pilot\n    namespace'),
  };
  await isHeld(files, 'renamed', /hold +RoleBinding\/admin\/ordo .*ServiceAccount\/admin\/ordo may not/);
  assert.match(await planText(site), /hold +Deployment\/admin\/ordo .*its service account would be pilot/);
});

test('O13 D32 a commit that removes Ordo’s own group takes nothing of Ordo away, and the next commit is deployed', async () => {
  const gone = Object.fromEntries(
    Object.keys(own)
      .filter((path) => path.includes('/1-ordo/'))
      .map((path) => [path, null]),
  );
  await site.rollOut({ ...gone, ...config('alone') });
  const plan = await planText(site);
  const kinds = ['ServiceAccount', 'Deployment', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'];
  for (const kind of kinds) assert.match(plan, new RegExp(`hold +${kind}/(admin/)?ordo `));
  assert.match(plan, /hold +ClusterRoleBinding\/ordo-runner /);
  await site.rollOut(config('after it'));
  assert.equal(await valueOf(site, 'shop', 'web'), 'after it');
});

test('O13 D15 a runner that finds no node is reported, not waited for in silence, and goes on when there is room', async () => {
  // The room of one that is on its way out would come free, or be taken from Ordo.
  const active = ['get', 'pods', '-l', 'app=ordo-runner', '--field-selector', UNFINISHED, '-o', 'name'];
  await until('the last runner to be gone', async () => (await site.kubectl('-n', NAMESPACE, ...active)) === '');
  const filler = pod(world, {
    name: 'filler',
    namespace: 'kube-system',
    image: 'ghcr.io/acme/filler:main',
    pod: 'priorityClassName: system-node-critical',
    container: `resources: { requests: { cpu: ${(await freeCpu()) - 10}m } }`,
  });
  const { code, stderr } = await world.cluster.kubectl(['apply', '-f', '-'], filler);
  assert.equal(code, 0, stderr);
  await site.kubectl('-n', 'kube-system', 'wait', '--for=condition=Ready', 'pod/filler', '--timeout=60s');
  try {
    const commit = await site.commit(config('with room'));
    const says = /^rollout \d+ is running since \S+\nand waits: its pod \S+ finds no node: .*Insufficient cpu/;
    await until('ordo plan to say why', async () => says.test(await planText(site)), { explain: () => planText(site) });
    await site.kubectl('-n', 'kube-system', 'delete', 'pod', 'filler', '--now');
    await site.deployed(commit);
    const log = await site.kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo', '--tail=60');
    assert.equal(log.split('nobody carries out the rollout').length, 2, 'said once');
  } finally {
    await site.kubectl('-n', 'kube-system', 'delete', 'pod', 'filler', '--now', '--ignore-not-found');
  }
});

/** What the node has left for pods, in thousandths of a core. */
async function freeCpu(): Promise<number> {
  const millis = (text: string): number => (text.endsWith('m') ? Number(text.slice(0, -1)) : Number(text) * 1000);
  const all = await site.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].status.allocatable.cpu}');
  const path = 'jsonpath={.items[*].spec.containers[*].resources.requests.cpu}';
  const pods = ['get', 'pods', '-A', '--field-selector', UNFINISHED, '-o', path];
  const used = (await site.kubectl(...pods)).split(' ').filter(Boolean);
  return used.reduce((left, one) => left - millis(one), millis(all));
}
