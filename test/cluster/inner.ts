// What `node test/run.ts cluster` runs inside the world: starts the cluster, then the test files named on the command line.
import { say } from './cache.ts';
import { runTests } from './run-tests.ts';
import { startWorld } from './start.ts';

const begin = performance.now();
const { cluster } = await startWorld();
say(`Kubernetes is ready after ${((performance.now() - begin) / 1000).toFixed(1)} s (${cluster.kubeconfig})`);
// One file after another: they share the cluster.
process.exitCode = await runTests(process.argv.slice(2), 1);
