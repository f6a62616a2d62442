import { dirname, join } from 'node:path';
import { startComponent } from '../cluster/supervisor.ts';
import { find, kill } from './processes.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

const AGAIN_MS = 300;

/** `kill -9` for the API server, and a new one; resolves when that is ready. */
export async function restartApiServer({ cluster }: World): Promise<void> {
  const command = cluster.commands['kube-apiserver'];
  await kill(await find(command[0]));
  const log = join(dirname(cluster.auditLog), 'logs', 'kube-apiserver.log');
  const isReady = async (): Promise<boolean> => (await cluster.kubectl(['get', '--raw', '/readyz'])).code === 0;
  let isUp = false;
  const start = (): void => {
    // The port of the killed one may not be free yet.
    startComponent('kube-apiserver', command, log).died.catch(() => isUp || setTimeout(start, AGAIN_MS));
  };
  start();
  await until('the API server to be ready', isReady);
  isUp = true;
}

/** Has etcd forget all changes up to now: only what is there is known from then on. https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/ */
export async function compact({ cluster }: World): Promise<void> {
  const list = (await cluster.read('/api/v1/namespaces?limit=1')) as { metadata: { resourceVersion: string } };
  const server = cluster.commands.etcd.find((word) => word.startsWith('--listen-client-urls='))?.split('=')[1];
  const body = JSON.stringify({ revision: list.metadata.resourceVersion });
  const { status, statusText } = await fetch(`${server}/v3/kv/compaction`, { method: 'POST', body });
  if (status !== 200) throw new Error(`etcd was not compacted: ${status} ${statusText}`);
}
