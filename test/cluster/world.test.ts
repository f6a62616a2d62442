import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { command } from './command.ts';
import { connectWorld, type World } from './connect.ts';
import { emptyCluster } from './empty.ts';
import { reach } from './reach.ts';
import { traces } from './traces.ts';

// These tests run in a world themselves. To the worlds that they start, it is the machine.
const nested = join(import.meta.dirname, 'nested.ts');
let world: World;

before(async () => {
  world = await connectWorld();
  // Pods of the file before would come and go among the traces.
  await emptyCluster(world.cluster);
  await quiet();
});

test('a second world runs a pod beside this one, shares nothing with it, and leaves nothing behind', async () => {
  const nodes = async () => (await world.cluster.kubectl(['get', 'node', '-o', 'jsonpath={..metadata.uid}'])).stdout;
  const before = await traces();
  const node = await nodes();
  const second = start('once');
  await second.said('a pod runs');
  assert.deepEqual([await second.end(), second.output()], [0, `${second.name()}\na pod runs\n`]);
  assert.deepEqual(await traces(), before);
  assert.equal(await nodes(), node);
  assert.match((await world.cluster.kubectl(['get', 'pod', 'nested'])).stderr, /NotFound/);
});

test('SIGKILL of the process outside ends its world, and the next starts, five at once, remove what is left of it', async () => {
  const before = await traces();
  const second = start('stay');
  await second.said('a pod runs');
  const during = await traces();
  assert.ok(
    during.processes.length > 10 && during.cgroups.length > 1 && during.folders.length > 0,
    JSON.stringify(during),
  );
  second.child.kill('SIGKILL');
  // Not `end`: what survived would hold its output open.
  await once(second.child, 'exit');
  const deadline = performance.now() + 5000;
  while ((await traces()).processes.length > 0 && performance.now() < deadline) await sleep(20);
  assert.deepEqual({ ...(await traces()), cgroups: before.cgroups, folders: [] }, before);

  // Enough to be removed for them to meet at it.
  for (const cgroup of during.cgroups.filter((path) => !before.cgroups.includes(path))) {
    for (let pod = 0; pod < 100; pod += 1) await mkdir(join(cgroup, `pod${pod}`));
  }
  const next = Array.from({ length: 5 }, () => start('reach', '127.0.0.1', '1'));
  assert.deepEqual(await Promise.all(next.map((one) => one.end())), [0, 0, 0, 0, 0]);
  assert.deepEqual(await traces(), before);
});

test('SIGTERM ends a world and removes all of it', async () => {
  const before = await traces();
  const second = start('stay');
  await second.said('this is');
  second.child.kill('SIGTERM');
  assert.equal(await second.end(), 128 + 15);
  assert.deepEqual(await traces(), before);
});

test('what a world sends does not leave it', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '0.0.0.0');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await command('ip', ['address', 'add', '10.77.0.1/32', 'dev', 'lo']);
  try {
    assert.equal(await reach('10.77.0.1', port), true);
    const second = start('reach', '10.77.0.1', String(port));
    assert.deepEqual([await second.end(), second.output()], [0, `${second.name()}\nnot reached\n`]);
  } finally {
    await command('ip', ['address', 'del', '10.77.0.1/32', 'dev', 'lo']);
    server.close();
  }
});

// Their links and chains go a little later than they do.
async function quiet(): Promise<void> {
  const deadline = performance.now() + 30_000;
  let last: string;
  let now = '';
  do {
    assert.ok(performance.now() < deadline, `this world does not come to rest: ${now}`);
    last = now;
    await sleep(2000);
    now = JSON.stringify(await traces());
  } while (now !== last);
}

function start(...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [nested, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  return { child, said, output: () => output, name: () => output.split('\n')[0], end: async () => (await ended)[0] };

  async function said(text: string): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (!output.includes(text)) {
      assert.ok(child.exitCode === null && performance.now() < deadline, `it did not say ${text}: ${output}`);
      await sleep(20);
    }
  }
}
