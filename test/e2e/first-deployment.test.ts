import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runnerWrites } from './audit.ts';
import { configMap, daemonSet, deployment, namespace, pushApp, secret, service, statefulSet } from './samples.ts';
import { installSite, type Site } from './site.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let site: Site;
before(async () => {
  world = await openWorld();
  for (const app of ['web', 'db', 'agent']) await pushApp(world, app, '1');
  site = await installSite({
    world,
    name: 'first',
    files: {
      'deploy/2-db/10-shopnamespace.yml': namespace('shop'),
      'deploy/2-db/150-dbservice.yml': service('db', 'shop', 5432),
      'deploy/2-db/170-dbstatefulset.yml': statefulSet(world, { name: 'db', namespace: 'shop' }),
      'deploy/30-web/100-webconfigmap.yml': configMap('web', 'shop', { greeting: 'hello' }),
      'deploy/30-web/40-websecret.yml': secret('web', 'shop', { password: 'first-secret' }),
      'deploy/30-web/170-webdeployment.yml': deployment(world, {
        name: 'web',
        namespace: 'shop',
        container: 'envFrom: [{ configMapRef: { name: web } }, { secretRef: { name: web } }]',
      }),
      'deploy/30-web/180-agentdaemonset.yml': daemonSet(world, { name: 'agent', namespace: 'shop' }),
    },
  });
});
after(() => world?.close());

test('D02 D11 the first commit is deployed and its SHA stands in a ConfigMap', async () => {
  const sha = await site.sha();
  assert.match(sha, /^[0-9a-f]{40}$/);
  const [entry] = await site.history();
  assert.equal(entry?.state, 'done');
  const ready = await site.kubectl('-n', 'shop', 'get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}');
  assert.equal(ready, '1');
});

test('D22 a file numbered 100 comes after one numbered 40', async () => {
  const writes = (await runnerWrites(world)).filter(({ namespace: where }) => where === 'shop');
  const at = (resource: string, name: string): number =>
    writes.findIndex((write) => write.resource === resource && write.name === name);
  assert.ok(at('secrets', 'web') >= 0);
  assert.ok(at('secrets', 'web') < at('configmaps', 'web'));
});
