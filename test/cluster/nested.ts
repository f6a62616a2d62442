// A second world, for world.test.ts. `node nested.ts MODE …` enters it and runs this file with `inside MODE …` in there.
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeName, setUpNamespaces } from './namespaces.ts';
import { sandboxImage } from './node-parts.ts';
import type { Prepared } from './prepare.ts';
import { reach } from './reach.ts';
import { startWorld } from './start.ts';
import { enterWorld } from './world.ts';

const [, file = '', ...args] = process.argv;
if (args[0] === 'inside') await inside(args.slice(1));
else {
  const prepared = JSON.parse(process.env['ORDOTEST_PREPARED'] ?? '') as Prepared;
  process.exitCode = await enterWorld([file, 'inside', ...args], prepared);
}

async function inside([mode, host = '', port = '']: string[]): Promise<void> {
  const work = process.env['ORDOTEST_WORK'] ?? '';
  console.log(`this is ${basename(work)}`);
  if (mode === 'reach') {
    await setUpNamespaces(work);
    console.log((await reach(host, Number(port))) ? 'reached' : 'not reached');
  } else {
    await runPod();
    console.log('a pod runs');
    if (mode === 'stay') await sleep(60_000);
  }
}

async function runPod(): Promise<void> {
  const { cluster } = await startWorld();
  const container = { name: 'main', image: sandboxImage, imagePullPolicy: 'Never' };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'nested' },
    spec: { nodeName, containers: [container] },
  };
  const made = await cluster.kubectl(['create', '-f', '-'], JSON.stringify(pod));
  const ready = await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/nested', '--timeout=20s']);
  if (ready.code !== 0) throw new Error(made.stderr + ready.stderr);
}
