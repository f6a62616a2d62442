// npm run demo [-- failures] [--keep]: the whole way, from an empty cluster to a removed file, on a real Kubernetes on this
// machine; or what goes wrong on a device, and what Ordo makes of it.
import { join } from 'node:path';
import { prepare } from '../cluster/prepare.ts';
import { enterWorld } from '../cluster/world.ts';

process.exitCode = await enterWorld(
  [join(import.meta.dirname, 'inside.ts'), ...process.argv.slice(2)],
  await prepare(),
);
