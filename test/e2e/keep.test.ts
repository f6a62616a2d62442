import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { kubeconfigAccess } from '../../src/cluster/kubeconfig.ts';
import { ApiError, createApi, type Api } from '../../src/runner/api.ts';
import { systemClock as clock } from '../../src/runner/clock.ts';
import { keep, keepOnce, type Kept } from '../../src/runner/keep.ts';
import { TransientError } from '../../src/runner/transient.ts';
import { restartApiServer } from './api-server.ts';
import { namespace as namespaceManifest } from './samples.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';

/** What the runner keeps over its own connection, against the real API server: how it is refused, no rollout could tell. */

const IN = 'keep';

let world: World;
let api: Api;
const stop = new AbortController();
before(async () => {
  world = await openWorld();
  await kubectl('apply -f -', namespaceManifest(IN));
  process.env['KUBECONFIG'] = world.cluster.kubeconfig;
  const { server, identity } = kubeconfigAccess();
  const { ca = '', cert = '', key = '' } = await identity();
  api = createApi({ server, ca, cert, key }, { clock, signal: stop.signal });
});
after(async () => {
  stop.abort();
  await world?.close();
});

async function kubectl(args: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await world.cluster.kubectl(args.split(' '), input);
  assert.equal(code, 0, stderr);
  return stdout;
}

const kept = (kind: Kept['kind'], text: string, namespace = IN): Kept => ({
  ...{ kind, metadata: { name: 'kept', namespace, labels: { of: 'ordo' } } },
  data: { text: Buffer.from(text).toString('base64') },
});
const textOf = async (kind: 'configmap' | 'secret', field: string): Promise<string> =>
  Buffer.from(await kubectl(`-n ${IN} get ${kind} kept -o jsonpath={.${field}.text}`), 'base64').toString();

test('what Ordo keeps is made, changed, and taken over from whoever else wrote it', async () => {
  await keepOnce(api, 'ordo-test', [kept('ConfigMap', 'one'), kept('Secret', 'one')]);
  assert.deepEqual([await textOf('configmap', 'binaryData'), await textOf('secret', 'data')], ['one', 'one']);
  await kubectl(`-n ${IN} patch secret kept --field-manager=somebody -p {"stringData":{"text":"two"}}`);
  await keepOnce(api, 'ordo-test', [kept('Secret', 'three')]);
  assert.equal(await textOf('secret', 'data'), 'three');
  assert.equal(await kubectl(`-n ${IN} get secret kept -o jsonpath={.metadata.labels.of}`), 'ordo');
});

test('a refusal is said in the words of the API server, at once', async () => {
  const refused = async (one: Kept, words: RegExp): Promise<void> => {
    await assert.rejects(keepOnce(api, 'ordo-test', [one]), (error) => {
      assert.ok(error instanceof ApiError, String(error));
      assert.match(error.message, words);
      return true;
    });
    const asked = clock.elapsed();
    assert.match((await keep({ api, clock, signal: stop.signal }, 'ordo-test', [one])) ?? '', words);
    assert.ok(clock.elapsed() - asked < 10_000, 'it was asked again and again');
  };
  await refused(kept('Secret', 'x', 'none'), /PATCH \/api\/v1\/.* was answered 404: namespaces "none" not found/);
  await refused(kept('ConfigMap', 'x'.repeat(1_100_000)), /422: ConfigMap "kept" is invalid: .*[Tt]oo long/);
  await kubectl(`-n ${IN} create quota none --hard=count/configmaps=0`);
  // The API server hears of a quota a moment after it was made.
  const probe = `-n ${IN} create configmap probe --dry-run=server`.split(' ');
  await until('the quota to count', async () => (await world.cluster.kubectl(probe)).code !== 0);
  const another = kept('ConfigMap', 'x');
  another.metadata.name = 'another';
  await refused(another, /was answered 403: .* is forbidden: exceeded quota: none|status unknown/);
});

test('an API server that is away is a passing cause, and is waited for', async () => {
  const restarting = restartApiServer(world);
  let passing: Error | undefined;
  while (passing === undefined) {
    passing = await keepOnce(api, 'ordo-test', [kept('Secret', 'four')]).then(
      () => undefined,
      (error: Error) => error,
    );
  }
  assert.ok(passing instanceof TransientError, String(passing));
  assert.equal(await keep({ api, clock, signal: stop.signal }, 'ordo-test', [kept('Secret', 'five')]), undefined);
  await restarting;
  assert.equal(await textOf('secret', 'data'), 'five');
});
