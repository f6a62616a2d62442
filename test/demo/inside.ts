// What the demo runs inside of its world. Exit code 1 when a scene's end state was not seen.
import { startWorld } from '../cluster/start.ts';
import { openWorld } from '../e2e/world.ts';
import { playFailures } from './failures.ts';
import { say } from './say.ts';
import { play } from './scenes.ts';

await startWorld();
const world = await openWorld();
let code = 0;
try {
  await (process.argv.includes('failures') ? playFailures(world) : play(world));
} catch (error) {
  say(`\nnot as it should be: ${error instanceof Error ? error.message : String(error)}`);
  code = 1;
}
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
