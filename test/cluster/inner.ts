// What `node test/run.ts cluster` runs inside each world: starts the cluster, then takes test files from the queue, one
// after another, until there are none. Arguments: the queue's folder and the lane's number.
import { writeFile } from 'node:fs/promises';
import { say } from './cache.ts';
import { takeNext, tallyFile } from './lanes.ts';
import { runTests, short, type Tally } from './run-tests.ts';
import { startWorld } from './start.ts';

const [queue = '', lane = ''] = process.argv.slice(2);
const begin = performance.now();
const { cluster } = await startWorld();
say(`[${lane}] Kubernetes is ready after ${secondsSince(begin)} s (${cluster.kubeconfig})`);

const tallies: Tally[] = [];
for (let file = await takeNext(queue); file !== undefined; file = await takeNext(queue)) {
  const start = performance.now();
  say(`[${lane}] ${short(file)} begins`);
  // All of a file in one piece: another world prints too.
  const report: string[] = [];
  tallies.push(await runTests([file], 1, (text) => report.push(text)));
  process.stdout.write(`[${lane}] ${short(file)}, ${secondsSince(start)} s\n${report.join('')}`);
}
await writeFile(tallyFile(queue, lane), JSON.stringify(tallies));

function secondsSince(time: number): string {
  return ((performance.now() - time) / 1000).toFixed(1);
}
