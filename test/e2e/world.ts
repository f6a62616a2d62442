import { connectWorld, type World as Place } from '../cluster/connect.ts';
import { emptyCluster } from '../cluster/empty.ts';
import { startGitHub, type GitHub } from '../standins/github.ts';
import { startProbes, type Probes } from '../standins/probe.ts';
import { startRegistry, type Registry } from '../standins/registry.ts';

/** The cluster and what is outside of it: everything that a test talks to. */
export interface World {
  cluster: Place['cluster'];
  authority: Place['authority'];
  github: GitHub;
  registry: Registry;
  probes: Probes;
  /** Ordo's own image, as deploy.sh is told it. */
  image: string;
  close(): Promise<void>;
}

/** Starts GitHub, the registry and the probe server for this file's tests, on a cluster without anything of the file before. */
export async function openWorld(): Promise<World> {
  const place = await connectWorld();
  const [github, registry, probes] = await Promise.all([
    startGitHub(place.github),
    startRegistry(place.registry),
    startProbes({ address: place.cluster.nodeAddress, port: 0 }),
    emptyCluster(place.cluster),
  ]);
  return {
    cluster: place.cluster,
    authority: place.authority,
    github,
    registry,
    probes,
    image: 'ghcr.io/acme/ordo:main',
    async close() {
      await Promise.all([github.stop(), registry.stop(), probes.stop()]);
    },
  };
}
