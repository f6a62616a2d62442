import { connectWorld, type World as Place } from '../cluster/connect.ts';
import { startGitHub, type GitHub } from '../standins/github.ts';
import { startProbes, type Probes } from '../standins/probe.ts';
import { startRegistry, type Registry } from '../standins/registry.ts';
import { until } from './until.ts';

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

const SYSTEM = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Starts GitHub, the registry and the probe server for this file's tests, on a cluster without anything of the file before. */
export async function openWorld(): Promise<World> {
  const place = await connectWorld();
  const [github, registry, probes] = await Promise.all([
    startGitHub(place.github),
    startRegistry(place.registry),
    startProbes({ address: place.cluster.nodeAddress, port: 0 }),
    reset(place.cluster),
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

/** Takes away every namespace but Kubernetes' own, and what Ordo put beside them. Ordo goes first: it would put things back. */
async function reset(cluster: Place['cluster']): Promise<void> {
  const names = await namespaces(cluster);
  if (names.length === 0) return;
  await cluster.kubectl(['-n', 'admin', 'delete', 'deployment', 'ordo', '--ignore-not-found', '--cascade=foreground']);
  await cluster.kubectl(['delete', 'namespace', ...names, '--wait=false']);
  for (const kind of [
    'clusterrolebinding',
    'clusterrole',
    'crd',
    'priorityclass',
    'persistentvolume',
    'storageclass',
  ]) {
    await cluster.kubectl(['delete', kind, '-l', 'ordo.dev/target', '--wait=false']);
  }
  await until('the namespaces of the test before to be gone', async () => (await namespaces(cluster)).length === 0);
}

async function namespaces(cluster: Place['cluster']): Promise<string[]> {
  const { stdout } = await cluster.kubectl(['get', 'namespaces', '-o', 'jsonpath={.items[*].metadata.name}']);
  return stdout.split(' ').filter((name) => name !== '' && !SYSTEM.includes(name));
}
