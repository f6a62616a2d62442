import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createApi } from './api.ts';
import { type Authority, openAuthority } from './authority.ts';
import { type Cluster, kubectlOf } from './cluster.ts';
import type { OrdoImage } from './images.ts';

/** What the world's first process writes for the others, as JSON, into the file that ORDOTEST_WORLD names. */
export interface WorldFile {
  work: string;
  authorityFolder: string;
  cluster: Omit<Cluster, 'kubectl' | 'read' | 'write'>;
  registryPort: number;
  storage: string;
  arm64: OrdoImage | undefined;
}

export interface World {
  /** The world's work folder; whatever is in it goes with the world. */
  work: string;
  authority: Authority;
  cluster: Cluster;
  /** What `startRegistry` takes: containerd asks there for ghcr.io, and it begins with Ordo's image as acme/ordo:main. */
  registry: { work: string; address: string; port: number; authority: Authority; storage: string };
  /** What `startGitHub` takes. */
  github: { work: string; address: string; port: number; authority: Authority };
  /** Ordo's image for arm64, in worlds that were asked for it. */
  arm64: OrdoImage | undefined;
}

/** For test files and other scripts inside a world: the running cluster, and where stand-ins belong. */
export async function connectWorld(): Promise<World> {
  const file = process.env['ORDOTEST_WORLD'];
  if (file === undefined) throw new Error('ORDOTEST_WORLD is not set: run this with `node test/run.ts cluster FILE`');
  const { work, authorityFolder, cluster, registryPort, storage, arm64 } = JSON.parse(
    await readFile(file, 'utf8'),
  ) as WorldFile;
  const authority = await openAuthority(authorityFolder);
  // A folder for this process alone: its stand-ins begin empty.
  const own = await mkdtemp(join(work, 'standins-'));
  const place = { address: cluster.nodeAddress, authority };
  return {
    work,
    authority,
    cluster: { ...cluster, kubectl: kubectlOf(cluster), ...createApi(cluster.kubeconfig) },
    registry: { ...place, work: join(own, 'registry'), port: registryPort, storage },
    github: { ...place, work: join(own, 'github'), port: 0 },
    arm64,
  };
}
