// node test/run.ts unit|cluster [FILE…]: unit tests need nothing, cluster tests run in a world with a real Kubernetes.
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { prepare } from './cluster/prepare.ts';
import { runTests } from './cluster/run-tests.ts';
import { enterWorld } from './cluster/world.ts';

const clusterFolders = ['cluster', 'standins', 'sources', 'e2e'];
const inner = join(import.meta.dirname, 'cluster', 'inner.ts');

const [kind, ...named] = process.argv.slice(2);
if (kind !== 'unit' && kind !== 'cluster') {
  console.error('usage: node test/run.ts unit|cluster [FILE…]');
  process.exit(2);
}
const files = named.length > 0 ? named.map((file) => resolve(file)) : all(kind);
process.exitCode = kind === 'unit' ? await runTests(files, availableParallelism()) : await inWorld(files);

function all(wanted: 'unit' | 'cluster'): string[] {
  return globSync('**/*.test.ts', { cwd: import.meta.dirname })
    .filter((file) => clusterFolders.includes(file.split('/')[0] ?? '') === (wanted === 'cluster'))
    .sort()
    .map((file) => join(import.meta.dirname, file));
}

async function inWorld(files: string[]): Promise<number> {
  return enterWorld([inner, ...files], await prepare());
}
