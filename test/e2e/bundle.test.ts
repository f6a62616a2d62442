import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Bundle, type Failure } from '../../src/domain/bundle.ts';
import { scale } from './controllers.ts';
import { ordoSays } from './ordo.ts';
import { configMap, deployment, namespace, pushApp, secret } from './samples.ts';
import { installSite, NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

const IN = 'bundle';
const FOLDER = `deploy/3-${IN}`;
/** Of a Secret in Git that the failing rollout does not touch; of one that is only in the cluster; as it stands in the pod. */
const CONFIDENTIAL = ['in-git-hunter2-in-git', 'in-cluster-hunter2', 'in-env-hunter2'];

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  await pushApp(world, 'app', '1');
  site = await installSite({
    world,
    name: 'bundle',
    // What failed is looked at as it was left.
    settings: { 'on-failure': 'stop' },
    files: {
      'deploy/2-before/10-bundlenamespace.yml': namespace(IN),
      'deploy/2-before/20-appsecret.yml': secret('app', IN, { PASSWORD: CONFIDENTIAL[0] ?? '' }),
    },
  });
  await site.kubectl('-n', IN, 'create', 'secret', 'generic', 'made', `--from-literal=v=${CONFIDENTIAL[1]}`);
});
after(() => world?.close());

/** Prints more than is kept, its Secrets among it, and ends with 7. */
const SCRIPT =
  'for i in $(seq 1 30); do echo line-$i; done; echo "$PASSWORD $MADE $TOKEN"; echo the last words; exit 7';
const CRASHING = [
  `command: ['/bin/sh', '-c', '${SCRIPT}']`,
  'envFrom: [{ secretRef: { name: app } }]',
  'env:',
  '  - { name: MADE, valueFrom: { secretKeyRef: { name: made, key: v } } }',
  `  - { name: TOKEN, value: ${CONFIDENTIAL[2]} }`,
  // Without one it would be ready for the instant that it runs.
  "readinessProbe: { exec: { command: ['/bin/false'] } }",
].join('\n');

const own = (name: string, seconds: number, more: object) =>
  deployment(world, {
    ...{ name, namespace: IN, app: 'app', annotations: { 'ordo.dev/timeout': `${seconds}s` } },
    ...more,
  });

const failing = (): Record<string, string> => ({
  [`${FOLDER}/10-refusedconfigmap.yml`]: `${configMap('refused', IN, { value: 'it' })}nonsense: true\n`,
  [`${FOLDER}/20-crashing.yml`]: own('crashing', 40, { container: CRASHING }),
  [`${FOLDER}/30-missing.yml`]: own('missing', 40, { image: 'ghcr.io/acme/app:never-pushed' }),
  [`${FOLDER}/40-huge.yml`]: own('huge', 40, { container: 'resources: { requests: { memory: 100Ti } }' }),
});

interface Stored {
  data?: { bundle?: string };
}
const stored = async (rollout: number): Promise<string | undefined> =>
  (await site.get<Stored>('secret', `ordo-bundle-${rollout}`, NAMESPACE))?.data?.bundle;

const withoutSecrets = (text: string): void => {
  for (const value of CONFIDENTIAL) assert.ok(!text.includes(value), `${value} is in ${text}`);
};

test('O03 J20 a failed rollout keeps waiting reasons, events and the end of each log, redacted, in a Secret and in the log', async () => {
  const commit = await site.commit(failing(), 'break it');
  const { rollout, state } = await site.ended(commit);
  assert.equal(state, 'failed');
  const text = gunzipSync(Buffer.from((await stored(rollout)) ?? '', 'base64')).toString();
  withoutSecrets(text);
  const bundle = Bundle.parse(JSON.parse(text));
  assert.deepEqual([bundle.rollout, bundle.commit], [rollout, commit]);
  const failureOf = (object: string): Failure =>
    bundle.failures.find((one) => one.object === object) ?? assert.fail(`no ${object} in ${text}`);

  const refused = failureOf(`ConfigMap/${IN}/refused`);
  assert.match(refused.reason, /nonsense/);
  assert.equal(refused.source, `${FOLDER}/10-refusedconfigmap.yml`);

  const crashing = failureOf(`Deployment/${IN}/crashing`);
  const [container] = crashing.pods[0]?.containers ?? [];
  assert.match(container?.state ?? '', /CrashLoopBackOff|ended with exit code 7|running/);
  assert.deepEqual(container?.last, { exitCode: 7, reason: 'Error' });
  const lines = container?.log?.lines ?? [];
  assert.equal(lines.length, 20);
  assert.deepEqual([lines[0], lines.at(-1)], ['line-13', 'the last words']);
  assert.equal(lines.at(-2), '[redacted] [redacted] [redacted]');
  assert.ok(crashing.events.some(({ reason }) => reason === 'BackOff'));
  assert.ok(crashing.events.length <= 10);
  const times = crashing.events.map(({ at }) => at);
  assert.deepEqual(times, times.toSorted());

  const missing = failureOf(`Deployment/${IN}/missing`).pods[0]?.containers[0];
  assert.match(missing?.state ?? '', /^(ErrImagePull|ImagePullBackOff): .*not found/);
  const huge = failureOf(`Deployment/${IN}/huge`);
  assert.match(huge.pods[0]?.reason ?? '', /^Unschedulable: .*Insufficient memory/);
  assert.ok(huge.events.some(({ reason }) => reason === 'FailedScheduling'));

  const logOf = (...which: string[]): Promise<string> => site.kubectl('-n', NAMESPACE, 'logs', ...which, '--tail=-1');
  // It is told when it is recorded.
  await until('the log to tell of it', async () => (await logOf('deploy/ordo')).includes('the last words'));
  const logs = [await logOf('deploy/ordo'), await logOf('-l', `ordo.dev/rollout=${rollout}`)];
  for (const log of logs) {
    withoutSecrets(log);
    const line = log.split('\n').find((one) => one.includes('the last words')) ?? assert.fail(log);
    const { object, author = 'ordo test' } = JSON.parse(line) as { object?: string; author?: string };
    assert.deepEqual([object, author], [`Deployment/${IN}/crashing`, 'ordo test']);
  }
});

test('D40 O03 after the Job is gone and Ordo was started again, ordo history N still says why', async () => {
  const [entry] = await site.history();
  const number = String(entry?.rollout);
  await site.kubectl('-n', NAMESPACE, 'delete', 'job', `ordo-rollout-${number}`);
  await scale(site, 0, 'ordo');
  await scale(site, 1, 'ordo');
  await until('the controller to answer', async () => (await ordoSays(site, 'history')).includes(`rollout ${number}`));
  const text = await ordoSays(site, 'history', number);
  withoutSecrets(text);
  assert.match(text, /^rollout \d+ to [0-9a-f]{10} {2}ordo test: break it$/m);
  assert.match(
    text,
    /^ {2}failed +apply Deployment\/bundle\/crashing {2}deploy\/3-bundle\/20-crashing\.yml {2}[\d.]+ s$/m,
  );
  assert.match(text, /container main: .*; ended before with exit code 7 \(Error\); restarted \d+ times$/m);
  assert.match(text, /\| the last words$/m);
  const { bundle } = JSON.parse(await ordoSays(site, 'history', number, '--json')) as { bundle: unknown };
  assert.equal(Bundle.parse(bundle).failures.length, 4);
});

test('O03 the bundles of the last ten failed rollouts stay', async () => {
  const { rollout } = (await site.history()).find(({ state }) => state === 'failed') ?? assert.fail();
  const numbers = Array.from({ length: 10 }, (_, index) => rollout + 100 + index);
  for (const number of numbers) {
    await site.kubectl('-n', NAMESPACE, 'create', 'secret', 'generic', `ordo-bundle-${number}`);
    await site.kubectl('-n', NAMESPACE, 'label', 'secret', `ordo-bundle-${number}`, `ordo.dev/rollout=${number}`);
  }
  // A rollout, since what has failed is not in the cluster any more.
  const other = { [`${FOLDER}/50-other.yml`]: configMap('other', IN, {}) };
  await site.rollOut({ ...Object.fromEntries(Object.keys(failing()).map((path) => [path, null])), ...other });
  await until('the eleventh to go', async () => (await stored(rollout)) === undefined);
  const left = await site.kubectl('-n', NAMESPACE, 'get', 'secrets', '-o', 'name');
  assert.deepEqual(
    left.match(/ordo-bundle-\d+/g),
    numbers.map((number) => `ordo-bundle-${number}`),
  );
});
