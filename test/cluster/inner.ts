// What `node test/run.ts cluster` runs inside each world: starts the cluster, then takes test files from the queue, one
// after another, until there are none. Arguments: the queue's folder and the lane's number.
import { writeFile } from 'node:fs/promises';
import { say } from './cache.ts';
import { resultFile, takeNext, type FileResult } from './lanes.ts';
import { runTests, short } from './run-tests.ts';
import { startWorld } from './start.ts';

const [queue = '', lane = ''] = process.argv.slice(2);
// The processor is what the worlds are short of, not memory: Kubernetes and kubectl collect garbage a quarter as often, and keep
// to one processor each.
Object.assign(process.env, { GOGC: '400', GOMAXPROCS: '1' });
const begin = performance.now();
const { cluster } = await startWorld();
say(`[${lane}] Kubernetes is ready after ${secondsSince(begin)} s (${cluster.kubeconfig})`);

const results: FileResult[] = [];
for (let file = await takeNext(queue); file !== undefined; file = await takeNext(queue)) {
  const start = performance.now();
  say(`[${lane}] ${short(file)} begins`);
  // All of a file in one piece: another world prints too.
  const report: string[] = [];
  const tally = await runTests([file], 1, (text) => report.push(text));
  results.push({ file, tally, took: Math.round((performance.now() - start) / 1000) });
  process.stdout.write(`[${lane}] ${short(file)}, ${secondsSince(start)} s\n${report.join('')}`);
}
await writeFile(resultFile(queue, lane), JSON.stringify(results));

function secondsSince(time: number): string {
  return ((performance.now() - time) / 1000).toFixed(1);
}
