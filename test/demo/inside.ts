// What the demo runs inside of its world. Exit code 1 when a scene's end state was not seen.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startWorld } from '../cluster/start.ts';
import { openWorld } from '../e2e/world.ts';
import { say } from './say.ts';
import { play } from './scenes.ts';

await startWorld();
const code = process.argv.includes('failures') ? failures() : await scenes();
if (process.argv.includes('--keep')) {
  say(`
It stays up until Ctrl-C. From another terminal, as root:
  npx node test/cluster/shell.ts
  kubectl get all --all-namespaces
  kubectl -n admin logs deploy/ordo
  kubectl -n admin exec deploy/ordo -- ordo plan`);
  setInterval(() => undefined, 60_000);
} else {
  process.exit(code);
}

async function scenes(): Promise<number> {
  try {
    await play(await openWorld());
    return 0;
  } catch (error) {
    say(`\nnot as it should be: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

function failures(): number {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'failures-inside.ts')], {
    stdio: 'inherit',
  });
  return status ?? 1;
}
