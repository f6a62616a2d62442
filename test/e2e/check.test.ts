import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cleared, mark, ordosWrites } from './footprints.ts';
import { ordo } from './ordo.ts';
import { deployment, namespace, pushApp } from './samples.ts';
import { DEPLOY, installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

const TOKENS = {
  'yaml-commit-checker-token': 'ghp_asks-the-api-0123456789',
  'clone-yaml-token': 'ghp_fetches-by-git-0123456789',
  'package-checker-token': 'ghp_reads-digests-0123456789',
  'pull-ghcr-image-token': 'ghp_pulls-images-0123456789',
};
const ALL = ['settings', 'cluster', 'state', 'own rights', 'rights of ordo-runner', 'own pod', 'nodes'];
const OUTSIDE = ['API', 'git', 'images', 'pull token', 'token', 'disk'];

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'closed', '1');
  world.registry.setPrivate('acme/closed', true);
  allowAll();
  site = await installSite({
    world,
    name: 'check',
    private: true,
    settings: TOKENS,
    files: {
      'deploy/2-shop/10-shopnamespace.yml': namespace('shop'),
      'deploy/2-shop/170-closeddeployment.yml': deployment(world, { name: 'closed', namespace: 'shop', replicas: 0 }),
    },
  });
});
after(() => world?.close());

function allowAll(): void {
  for (const name of ['yaml-commit-checker-token', 'clone-yaml-token'] as const) world.github.addToken(TOKENS[name]);
  for (const name of ['package-checker-token', 'pull-ghcr-image-token'] as const) {
    // A token for ghcr.io is one of GitHub's.
    world.github.addToken(TOKENS[name], { repositories: [], scopes: ['read:packages'] });
    world.registry.addToken(TOKENS[name], { pull: ['acme/closed'] });
  }
}

test('D46 when all is right every line is ok, the exit code is 0, and nothing is written', async () => {
  await cleared(site);
  const from = await mark(world);
  const { code, lines } = await check();
  assert.deepEqual([...lines.keys()], [...ALL, ...OUTSIDE]);
  assert.deepEqual(
    [...lines].filter(([, line]) => !line.startsWith('ok ')),
    [],
  );
  assert.equal(code, 0);
  assert.match(lines.get('cluster') ?? '', /Kubernetes v1\.\d+/);
  assert.match(lines.get('images') ?? '', /ghcr\.io\/acme\/closed:main, ghcr\.io\/acme\/ordo:main$/);
  const writes = (await ordosWrites(world, from)).map(({ resource }) => resource);
  assert.deepEqual([...new Set(writes)].sort(), ['selfsubjectaccessreviews', 'subjectaccessreviews']);
});

test('D46 each token that is wrong or lacks a right is named by its setting', async () => {
  const refused = (setting: string): RegExp => new RegExp(`${setting}: classic token, refused: it is wrong`);
  const cases: [() => void, Record<string, RegExp>][] = [
    [
      () => world.github.removeToken(TOKENS['yaml-commit-checker-token']),
      {
        API: /Bad credentials: .* refused the token in yaml-commit-checker-token/,
        token: refused('yaml-commit-checker-token'),
      },
    ],
    [
      () => world.github.addToken(TOKENS['yaml-commit-checker-token'], { repositories: ['acme/other'] }),
      { API: /repository acme\/check not found, or the token in yaml-commit-checker-token .* may not read it/ },
    ],
    [
      () => world.github.removeToken(TOKENS['clone-yaml-token']),
      { git: /refused the token in clone-yaml-token/, token: refused('clone-yaml-token') },
    ],
    [
      () => world.registry.removeToken(TOKENS['package-checker-token']),
      { images: /refused the token in package-checker-token .*lacks read:packages/ },
    ],
    [
      () => world.registry.addToken(TOKENS['pull-ghcr-image-token'], { pull: [] }),
      { 'pull token': /acme\/closed:main: .*the token in pull-ghcr-image-token/ },
    ],
  ];
  for (const [spoil, expected] of cases) {
    spoil();
    await finds('FAIL', expected);
    allowAll();
  }
});

test('D46 GitHub away, and the registry away', async () => {
  world.github.fail({ reset: true });
  try {
    await finds('FAIL', { API: /connection broken .* look at api-url/, git: /look at git-url/ });
  } finally {
    world.github.fail(undefined);
  }
  world.registry.fail({ status: 503 });
  try {
    await finds('FAIL', { images: /answered 503.*look at registry, registry-url/, 'pull token': /answered 503/ });
  } finally {
    world.registry.fail(undefined);
  }
});

test('D46 a right that the controller lacks, and one that the runner lacks', async () => {
  await own('patch role ordo --type=json --patch=[{"op":"remove","path":"/rules/3"}]');
  await finds('FAIL', {
    'own rights': /may not create, patch events in admin; create, patch events\.events\.k8s\.io in admin/,
  });
  await give('50-ordorole.yml');

  await own('delete clusterrolebinding ordo-runner');
  await finds('FAIL', {
    'rights of ordo-runner': /may not get, create, patch configmaps in admin; .*deployments\.apps in shop/,
  });
  await own('create clusterrolebinding ordo-runner --clusterrole=edit --serviceaccount=admin:ordo-runner');
  await finds('FAIL', { 'rights of ordo-runner': /may not .*delete namespaces everywhere/ });
  await own('delete clusterrolebinding ordo-runner');
  await give('70-ordorunnerclusterrolebinding.yml');

  await own('patch clusterrole ordo --type=json --patch=[{"op":"remove","path":"/rules/1"}]');
  await finds('warn', { 'rights of ordo-runner': /may not ask for it \(create subjectaccessreviews\)/ });
  await give('30-ordoclusterrole.yml');
});

test('D46 the stop switch is a warning, no failure', async () => {
  await own('annotate configmap ordo-inventory ordo.dev/suspend=true');
  await finds('warn', { state: /ordo\.dev\/suspend/ });
  await own('annotate configmap ordo-inventory ordo.dev/suspend-');
});

test('D46 where no controller runs: the cluster away is 1, bad settings are 2, and all is right again is 0', async () => {
  const restarts = await own('get pods -l app=ordo -o jsonpath={.items[0].status.containerStatuses[0].restartCount}');
  assert.equal(restarts, '0', 'the checks did not fit beside the controller');
  const pod = (await site.get<Deployment>('deployment', 'ordo', NAMESPACE))?.spec.template.spec;
  assert.ok(pod);
  await own('delete deployment ordo --cascade=foreground');
  const away = await alone(pod, 'away', { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '9999' });
  assert.equal(away.code, 1);
  assert.match(away.text, /^FAIL +cluster +the API server does not answer: E[A-Z]+; look at /m);
  assert.match(away.text, /^ok +git /m);
  const settings = await alone(pod, 'settings', { ORDO_UPDATE: 'sideways', ORDO_COMMITS: 'few' });
  assert.equal(settings.code, 2);
  assert.match(settings.text, /2 settings are wrong:\n {2}commits .*\n {2}update /);
  const good = await alone(pod, 'good', {});
  assert.equal(good.code, 0, good.text);
  assert.match(good.text, /^ok +own pod +good-\S+ runs ghcr\.io\/acme\/ordo@sha256:/m);
});

/** kubectl in Ordo's namespace, with words that hold no space. */
const own = (words: string): Promise<string> => site.kubectl('-n', NAMESPACE, ...words.split(' '));

/** Puts back what the deploy folder gives. */
const give = (file: string): Promise<string> =>
  own(`apply --server-side --force-conflicts --field-manager=ordo -f ${DEPLOY}deploy/1-ordo/${file}`);

interface Checked {
  code: number;
  text: string;
  /** By what they are about. */
  lines: Map<string, string>;
}

/** `ordo check` beside the controller. */
async function check(): Promise<Checked> {
  const { code, stdout: text, stderr } = await ordo(site, 'check');
  assert.ok(code <= 1, `ordo check ended with ${code}: ${text}${stderr}`);
  assertNoToken(text + stderr);
  const lines = new Map<string, string>();
  for (const line of text.trimEnd().split('\n')) {
    const what = line.slice(6).split(/ {2,}/)[0] ?? '';
    lines.set(what, [lines.get(what), line].filter(Boolean).join('\n'));
  }
  return { code, text, lines };
}

/** Waits until just these are no longer ok, for these reasons: rights take a moment to reach the API server's authoriser. */
async function finds(level: 'warn' | 'FAIL', expected: Record<string, RegExp>): Promise<void> {
  let seen: Checked | undefined;
  const look = async (): Promise<boolean> => {
    seen = await check();
    const odd = [...seen.lines].filter(([, lines]) => !/^(ok .*\n?)+$/.test(lines));
    const isSo = odd.every(([what, lines]) => new RegExp(`^${level}`, 'm').test(lines) && expected[what]?.test(lines));
    return isSo && odd.length === Object.keys(expected).length;
  };
  await until(`${level}: ${Object.keys(expected).join()}`, look, {
    explain: async () => seen?.text ?? '',
  });
  assert.equal(seen?.code, level === 'FAIL' ? 1 : 0);
}

function assertNoToken(text: string): void {
  for (const token of Object.values(TOKENS)) assert.ok(!text.includes(token), `a token stands in: ${text}`);
}

interface PodSpec {
  containers: { env: object[]; startupProbe?: object; readinessProbe?: object; livenessProbe?: object }[];
}
interface Deployment {
  spec: { template: { spec: PodSpec } };
}
interface Job {
  status: { succeeded?: number; failed?: number };
}

/** `ordo check` in a Job with the Deployment's pod, and these variables besides. */
async function alone(pod: PodSpec, name: string, env: Record<string, string>): Promise<{ code: number; text: string }> {
  const [container] = pod.containers;
  assert.ok(container);
  const { startupProbe: _, readinessProbe: __, livenessProbe: ___, ...kept } = container;
  const variables = Object.entries(env).map(([key, value]) => ({ name: key, value }));
  const containers = [{ ...kept, args: ['check'], env: [...kept.env, ...variables] }];
  const template = { spec: { ...pod, containers, restartPolicy: 'Never' } };
  const metadata = { name, namespace: NAMESPACE };
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { backoffLimit: 0, template } };
  const { code: made, stderr } = await world.cluster.kubectl(['create', '-f', '-'], JSON.stringify(job));
  assert.equal(made, 0, stderr);
  await until(`the check ${name} to end`, async () => {
    const { succeeded = 0, failed = 0 } = (await site.get<Job>('job', name, NAMESPACE))?.status ?? {};
    return succeeded + failed > 0;
  });
  const path = '{.items[0].status.containerStatuses[0].state.terminated.exitCode}';
  const code = Number(await own(`get pods -l job-name=${name} -o jsonpath=${path}`));
  const text = await own(`logs job/${name} --tail=-1`);
  assertNoToken(text);
  return { code, text };
}
