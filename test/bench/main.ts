// npm run bench [-- --json]: the figures that docs/performance.md holds, taken on a real Kubernetes on this machine.
import { join } from 'node:path';
import { prepare } from '../cluster/prepare.ts';
import { enterWorld } from '../cluster/world.ts';

process.exitCode = await enterWorld(
  [join(import.meta.dirname, 'inside.ts'), ...process.argv.slice(2)],
  await prepare(),
);
