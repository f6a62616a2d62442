// node test/run.ts unit|cluster [FILE…]: unit tests need nothing, cluster tests run in worlds with a real Kubernetes.
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { runAgain } from './cluster/again.ts';
import { longestFirst } from './cluster/durations.ts';
import { runInLanes } from './cluster/lanes.ts';
import { prepare } from './cluster/prepare.ts';
import { conclude, runTogether, type Tally } from './cluster/run-tests.ts';

const clusterFolders = ['cluster', 'standins', 'sources', 'e2e'];
/** Worlds side by side: a test mostly waits, so that four of them keep two cores busy; more would make each other slow. */
const LANES = 4;
/** More files than these fail for a reason of their own, not for a moment in which the machine stood still. */
const FEW = 2;

const [kind, ...named] = process.argv.slice(2);
if (kind !== 'unit' && kind !== 'cluster') {
  console.error('usage: node test/run.ts unit|cluster [FILE…]');
  process.exit(2);
}
const files = named.length > 0 ? named.map((file) => resolve(file)) : all(kind);
process.exitCode = conclude(
  kind === 'unit' ? [await runTogether(files, availableParallelism())] : await runCluster(await longestFirst(files)),
);

async function runCluster(wanted: string[]): Promise<Tally[]> {
  const prepared = await prepare({ arm64: wanted.some(isForArm64) });
  // Who names files looks at just these.
  return runAgain(wanted, named.length > 0 ? 0 : FEW, (some) => runInLanes(some, LANES, prepared));
}

function all(wanted: 'unit' | 'cluster'): string[] {
  return globSync('**/*.test.ts', { cwd: import.meta.dirname })
    .filter((file) => clusterFolders.includes(file.split('/')[0] ?? '') === (wanted === 'cluster'))
    .sort()
    .map((file) => join(import.meta.dirname, file));
}

function isForArm64(file: string): boolean {
  return basename(file) === 'arm64.test.ts';
}
