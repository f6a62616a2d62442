import assert from 'node:assert/strict';
import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { buildImage } from '../standins/image.ts';
import { type Registry, startRegistry } from '../standins/registry.ts';
import { connectWorld, type World } from './connect.ts';

let world: World;
let registry: Registry;

before(async () => {
  world = await connectWorld();
  registry = await startRegistry(world.registry);
});

after(async () => {
  await kubectl(['delete', 'namespace', 'harness', '--ignore-not-found']);
  await registry?.stop();
});

async function kubectl(args: string[], object?: object): Promise<string> {
  const { code, stdout, stderr } = await world.cluster.kubectl(args, object && JSON.stringify(object));
  assert.equal(code, 0, stderr);
  return stdout;
}

function pod(name: string, image: string, command: string[]) {
  const container = { name: 'main', image, command, imagePullPolicy: 'Always' };
  const metadata = { name, namespace: 'harness' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [container] },
  };
}

test('the kubelet pulls an image of ghcr.io from the local registry and runs it', async () => {
  const image = await buildImage({ name: 'ghcr.io/acme/sample:one', version: 'one', entrypoint: ['/bin/sh'] });
  const { digest } = await registry.push(image);
  await kubectl(['create', 'namespace', 'harness']);
  const commands =
    'cat /version; nc 10.96.0.1 443 </dev/null && echo service; nc 10.89.0.1 6443 </dev/null && echo node';
  await kubectl(['create', '-f', '-'], pod('sample', 'ghcr.io/acme/sample:one', ['sh', '-c', commands]));
  await kubectl(['-n', 'harness', 'wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/sample', '--timeout=20s']);
  assert.equal(await kubectl(['-n', 'harness', 'logs', 'sample']), 'one\nservice\nnode\n');
  const id = await kubectl([
    '-n',
    'harness',
    'get',
    'pod',
    'sample',
    '-o',
    'jsonpath={.status.containerStatuses[0].imageID}',
  ]);
  assert.equal(id, `ghcr.io/acme/sample@${digest}`);
});

test('the registry holds the image of Ordo, and it runs', async () => {
  await kubectl(['create', '-f', '-'], pod('ordo', 'ghcr.io/acme/ordo:main', ['node', '--version']));
  await kubectl(['-n', 'harness', 'wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/ordo', '--timeout=60s']);
  assert.match(await kubectl(['-n', 'harness', 'logs', 'ordo']), /^v24\./);
});

test('the audit log has the writes in their real order, and no reads', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `order-${(index * 7) % 20}`);
  for (const name of names) await kubectl(['-n', 'harness', 'create', 'configmap', name]);
  await kubectl(['-n', 'harness', 'get', 'configmap', 'order-1']);
  await kubectl(['-n', 'harness', 'delete', 'configmap', 'order-3', 'order-2']);
  const lines = (await readFile(world.cluster.auditLog, 'utf8')).trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as AuditEvent);
  const ours = events.filter(
    ({ objectRef }) => objectRef?.namespace === 'harness' && objectRef.name?.startsWith('order-'),
  );
  assert.deepEqual(
    ours.map(({ verb, objectRef }) => `${verb} ${objectRef?.name}`),
    [...names.map((name) => `create ${name}`), 'delete order-3', 'delete order-2'],
  );
  assert.deepEqual(new Set(events.map(({ stage }) => stage)), new Set(['ResponseComplete']));
});

interface AuditEvent {
  stage: string;
  verb: string;
  objectRef?: { namespace?: string; name?: string };
}

test('a name that is not in the hosts file fails at once', async () => {
  const begin = performance.now();
  await assert.rejects(lookup('github.com'), /EAI_AGAIN|ENOTFOUND/);
  assert.ok(performance.now() - begin < 1000);
});
