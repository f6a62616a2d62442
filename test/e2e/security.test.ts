import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { processes, type Process } from '../cluster/processes.ts';
import { configMap, deployment, namespace, pushApp } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { rolledOut } from './workloads.ts';
import { openWorld, type World } from './world.ts';

/** Right in HTTP, and everything that a shell would make something of. */
const TOKEN = "ghp_$(touch${IFS}/tmp/pwned);`id`'&&exit";

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  world.github.addToken(TOKEN);
  world.registry.addToken(TOKEN, { pull: 'all' });
  await pushApp(world, 'web', 'security 1');
  site = await installSite({
    world,
    name: 'security',
    settings: { token: TOKEN },
    files: {
      'deploy/2-shop/10-shopnamespace.yml': namespace('shop'),
      'deploy/2-shop/170-webdeployment.yml': deployment(world, { name: 'web', namespace: 'shop' }),
    },
  });
});
after(() => world?.close());

/** What a process of Ordo looks like while it lives: its command, and what the kernel lets it do. */
interface Seen {
  command: string;
  status: string;
}

/**
 * All processes of the controller and of the runners, and what they start, until `work` is done. git's host is slow
 * meanwhile: a git that lives for milliseconds is not seen by everyone.
 */
async function watched(work: Promise<unknown>): Promise<Seen[]> {
  world.github.fail({ match: ({ path }) => path.includes('/git-upload-pack'), delay: 1000 });
  const seen = new Map<string, Seen>();
  const ended = new AbortController();
  const all = work.finally(() => {
    ended.abort();
    world.github.fail(undefined);
  });
  while (!ended.signal.aborted) {
    for (const { pid, command } of descendants(await processes())) {
      const key = `${pid} ${command}`;
      if (!seen.has(key))
        seen.set(key, { command, status: await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '') });
    }
    // To look without a pause takes the processor from what is to be seen.
    await sleep(25);
  }
  await all;
  return [...seen.values()];
}

function descendants(all: readonly Process[]): Process[] {
  const parents = new Map(all.map((one) => [one.pid, one]));
  const isOrdos = (one: Process | undefined): boolean =>
    one !== undefined && (/\/opt\/ordo\/(ordo|runner)\.cjs/.test(one.command) || isOrdos(parents.get(one.parent)));
  return all.filter(isOrdos);
}

const NAMES = [
  'deploy/3-names/10-$(touch pwned)configmap.yml',
  'deploy/3-names/20-`touch pwned`;exit 1;configmap.yml',
  `deploy/3-names/30-'"&&touch pwned||configmap.yml`,
  'deploy/3-names/40- -rf * > pwned | configmap.yml',
];

test('#30 file names, values and tokens that a shell would run are words like any others, and no process of Ordo is a shell', async () => {
  const value = '$(kubectl delete namespace shop)`id`';
  const file = (index: number): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `odd-${index}`, namespace: 'shop' },
      data: { value },
    });
  const files = Object.fromEntries(NAMES.map((name, index) => [name, file(index)]));
  const seen = await watched(
    (async () => {
      await site.rollOut(files, 'a message with $(touch pwned) in it');
      await site.rollOut(Object.fromEntries(NAMES.map((name) => [name, null])));
      await rolledOut(site, 'Deployment/shop/web', () => pushApp(world, 'web', 'security 2'));
    })(),
  );
  const commands = seen.map(({ command }) => command);
  for (const tool of ['kubectl apply', 'kubectl delete', 'git ']) {
    assert.ok(
      commands.some((command) => command.includes(tool)),
      `${tool} was seen`,
    );
  }
  assert.deepEqual(
    commands.filter((command) => /(^|\/)(ba|da)?sh |\s-c\s/.test(command)),
    [],
  );
  const [entry] = (await site.history()).filter(({ steps }) =>
    steps.some(({ kind, source }) => kind === 'apply' && source === NAMES[0]),
  );
  assert.deepEqual(
    entry?.steps.map(({ source, state }) => `${state} ${source}`),
    NAMES.map((name) => `done ${name}`),
  );
  const found = await site.kubectl(
    '-n',
    NAMESPACE,
    'exec',
    'deploy/ordo',
    '--',
    'find',
    '/tmp',
    '/var/lib/ordo',
    '-name',
    '*pwned*',
  );
  assert.equal(found, '');
});

const CAN = [
  ['ordo', 'yes', ['list', '*.*', '-A']],
  ['ordo', 'yes', ['update', 'configmaps', '-n', NAMESPACE]],
  ['ordo', 'no', ['get', 'secrets', '-n', 'shop']],
  ['ordo', 'no', ['patch', 'deployments.apps', '-n', 'shop']],
  ['ordo', 'no', ['delete', 'namespaces']],
  ['ordo', 'no', ['update', 'configmaps', '-n', 'shop']],
  ['ordo', 'no', ['create', 'pods', '-n', NAMESPACE]],
  ['ordo', 'no', ['create', 'pods', '--subresource=exec', '-n', NAMESPACE]],
  ['ordo', 'no', ['create', 'clusterrolebindings']],
  ['ordo', 'no', ['impersonate', 'serviceaccounts']],
  ['ordo-runner', 'yes', ['*', '*', '-A']],
  ['default', 'no', ['list', 'pods', '-n', NAMESPACE]],
] as const;

test('#31 the controller may look and write its own, only the Job may change the cluster', async () => {
  for (const [account, expected, question] of CAN) {
    const as = `--as=system:serviceaccount:${NAMESPACE}:${account}`;
    const { stdout } = await world.cluster.kubectl(['auth', 'can-i', ...question, as]);
    assert.equal(stdout.trim(), expected, `${account}: ${question.join(' ')}`);
  }
});

test('#31 every process of Ordo runs without root, capabilities and a way to get them, in a namespace that allows nothing else', async () => {
  const labels = (await site.get('namespace', NAMESPACE))?.metadata.labels ?? {};
  assert.equal(labels['pod-security.kubernetes.io/enforce'], 'restricted');
  const seen = await watched(
    (async () => {
      await site.rollOut({ 'deploy/2-shop/20-fetchedconfigmap.yml': configMap('fetched', 'shop', {}) });
      await rolledOut(site, 'Deployment/shop/web', () => pushApp(world, 'web', 'security 3'));
    })(),
  );
  const alive = seen.filter(({ status }) => status !== '');
  for (const program of ['ordo.cjs', 'runner.cjs', 'kubectl', 'git']) {
    assert.ok(
      alive.some(({ command }) => command.includes(program)),
      `${program} was seen`,
    );
  }
  for (const { command, status } of alive) {
    const field = (name: string): string => status.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))?.[1] ?? '';
    const what = [
      field('Uid'),
      field('Gid'),
      ...['CapPrm', 'CapEff', 'CapBnd'].map(field),
      field('NoNewPrivs'),
      field('Seccomp'),
    ];
    const none = '0000000000000000';
    assert.deepEqual(what, ['1000\t1000\t1000\t1000', '1000\t1000\t1000\t1000', none, none, none, '1', '2'], command);
  }
  const write = (pod: string) => site.kubectl('-n', NAMESPACE, 'exec', pod, '--', 'touch', '/opt/ordo/written');
  await assert.rejects(write('deploy/ordo'), /Read-only file system/);
});

test('#31 a pod that wants more than Ordo has is refused where Ordo lives', async () => {
  const pod = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'root', namespace: NAMESPACE } },
    spec: { containers: [{ name: 'main', image: 'ghcr.io/acme/web:main', securityContext: { privileged: true } }] },
  });
  await site.commit({ 'deploy/4-more/10-rootpod.yml': pod });
  const failed = await until('the pod to be refused', async () =>
    (await site.history()).find(
      ({ state, steps }) => state === 'failed' && steps.some(({ object }) => object === `Pod/${NAMESPACE}/root`),
    ),
  );
  assert.match(JSON.stringify(failed.steps), /violates PodSecurity \\"restricted/);
  assert.equal(await site.get('pod', 'root', NAMESPACE), undefined);
});
