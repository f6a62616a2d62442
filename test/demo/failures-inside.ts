// The failures of the demo, in a process of their own: when the power is cut, the processes of the node have to go, and they
// are the children of whoever has started them.
import { openWorld } from '../e2e/world.ts';
import { playFailures } from './failures.ts';
import { say } from './say.ts';

const world = await openWorld();
try {
  await playFailures(world);
  process.exit(0);
} catch (error) {
  say(`\nnot as it should be: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
