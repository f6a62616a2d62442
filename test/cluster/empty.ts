import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';

const SYSTEM = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const BESIDE = ['clusterrolebinding', 'clusterrole', 'crd', 'priorityclass', 'persistentvolume', 'storageclass'];

/** Takes away every namespace but Kubernetes' own, and what Ordo put beside them. Ordo goes first: it would put things back. */
export async function emptyCluster(cluster: Pick<Cluster, 'kubectl'>): Promise<void> {
  const names = await namespaces(cluster);
  if (names.length === 0) return;
  await cluster.kubectl(['-n', 'admin', 'delete', 'deployment', 'ordo', '--ignore-not-found', '--cascade=foreground']);
  await cluster.kubectl(['delete', 'namespace', ...names, '--wait=false']);
  for (const kind of BESIDE) await cluster.kubectl(['delete', kind, '-l', 'ordo.dev/target', '--wait=false']);
  const deadline = performance.now() + 60_000;
  for (let left = names; left.length > 0; left = await namespaces(cluster)) {
    if (performance.now() > deadline) throw new Error(`still there after 60 s: namespaces ${left.join(', ')}`);
    await sleep(150);
  }
}

async function namespaces(cluster: Pick<Cluster, 'kubectl'>): Promise<string[]> {
  const { stdout } = await cluster.kubectl(['get', 'namespaces', '-o', 'jsonpath={.items[*].metadata.name}']);
  return stdout.split(' ').filter((name) => name !== '' && !SYSTEM.includes(name));
}
