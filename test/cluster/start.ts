import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority } from './authority.ts';
import { startCluster } from './cluster.ts';
import { connectWorld, type World, type WorldFile } from './connect.ts';
import { nodeAddress, setUpNamespaces } from './namespaces.ts';
import type { Prepared } from './prepare.ts';

const registryPort = 5000;

/**
 * Called once, by the script that `enterWorld` started: sets up its namespaces and starts the cluster in them. From then
 * on `connectWorld` works here and, through the environment, in every process started from here.
 */
export async function startWorld(): Promise<World> {
  const work = process.env['ORDOTEST_WORK'];
  const prepared = process.env['ORDOTEST_PREPARED'];
  if (work === undefined || prepared === undefined) throw new Error('not in a world: enterWorld starts this script');
  const { binaries, sandbox, storage, layers, arm64 } = JSON.parse(prepared) as Prepared;
  await setUpNamespaces(work);
  const authority = await createAuthority(join(work, 'authority'));
  const registry = { host: nodeAddress, port: registryPort, caFile: authority.caFile };
  const { kubeconfig, auditLog, commands } = await startCluster({
    binaries,
    work,
    authority,
    registry,
    sandbox,
    layers,
  });
  const cluster = { kubeconfig, nodeAddress, binaries, auditLog, commands };
  const content: WorldFile = { work, authorityFolder: authority.folder, cluster, registryPort, storage, arm64 };
  const file = join(work, 'world.json');
  await writeFile(file, JSON.stringify(content));
  process.env['ORDOTEST_WORLD'] = file;
  return connectWorld();
}
