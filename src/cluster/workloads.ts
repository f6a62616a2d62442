import type { Identity } from '../domain/identity.ts';
import type { ResourceKind } from '../domain/object.ts';
import type { Client } from './client.ts';
import { listMetadata } from './live.ts';

/** The kinds that run pods, owners before what they own. */
const KINDS: readonly ResourceKind[] = [
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind) => inGroup('apps', kind)),
  ...['CronJob', 'Job'].map((kind) => inGroup('batch', kind)),
  inGroup('', 'Pod'),
];

function inGroup(group: string, kind: string): ResourceKind {
  return { group, version: 'v1', kind, plural: `${kind.toLowerCase()}s`, namespaced: true };
}

/** The workloads of a namespace with this `app` label, owners before what they own; those on their way out too. */
export async function findWorkloads(client: Client, namespace: string, app: string): Promise<Identity[]> {
  const found = KINDS.map(async (kind) => {
    const objects = listMetadata(client, kind, namespace, { labelSelector: `app=${app}` });
    const identities: Identity[] = [];
    for await (const { identity } of objects) identities.push(identity);
    return identities;
  });
  return (await Promise.all(found)).flat();
}
