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
  const starting = [
    startGitHub(place.github),
    startRegistry(place.registry),
    startProbes({ address: place.cluster.nodeAddress, port: 0 }),
  ] as const;
  const close = async (): Promise<void> => {
    await Promise.all(
      starting.map((start) =>
        start.then(
          (part) => part.stop(),
          () => undefined,
        ),
      ),
    );
  };
  const ready = Promise.all([...starting, emptyCluster(place.cluster)]);
  const [github, registry, probes] = await ready.catch(async (error: unknown) => {
    // What goes on listening would keep this file's process from its end.
    await close();
    throw error;
  });
  return {
    cluster: place.cluster,
    authority: place.authority,
    github,
    registry,
    probes,
    image: 'ghcr.io/acme/ordo:main',
    close,
  };
}
