import { dirname, join } from 'node:path';
import { startComponent } from '../cluster/supervisor.ts';
import { find, kill } from './processes.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** `kill -9` for the API server, `meanwhile`, and a new one; resolves when that is ready. */
export async function restartApiServer(
  { cluster }: World,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> {
  const command = cluster.commands['kube-apiserver'];
  await kill(await find(command[0]));
  await meanwhile();
  const log = join(dirname(cluster.auditLog), 'logs', 'kube-apiserver.log');
  startComponent('kube-apiserver', command, log).died.catch(() => undefined);
  await until(
    'the API server to be ready',
    async () => (await cluster.kubectl(['get', '--raw', '/readyz'])).code === 0,
  );
}
