// node test/cluster/shell.ts [COMMAND…]: a shell with kubectl in the newest running world, to look around.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { WorldFile } from './connect.ts';

const [file] = globSync(join(tmpdir(), 'ordo-world-*', 'world.json')).sort(
  (a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs,
);
if (file === undefined) {
  console.error('no world is running');
  process.exit(1);
}
const { cluster } = JSON.parse(readFileSync(file, 'utf8')) as WorldFile;
const outer = readFileSync(join(dirname(file), 'pid'), 'utf8');
// The world's process 1 is the one child of the process that made its namespaces.
const target = readFileSync(`/proc/${outer}/task/${outer}/children`, 'utf8').trim();
const command = process.argv.length > 2 ? process.argv.slice(2) : ['bash'];
const { status } = spawnSync('nsenter', ['--target', target, '--net', '--mount', '--pid', '--wd=.', '--', ...command], {
  stdio: 'inherit',
  env: { ...process.env, KUBECONFIG: cluster.kubeconfig, PATH: `${cluster.binaries}:${process.env['PATH']}` },
});
process.exitCode = status ?? 1;
