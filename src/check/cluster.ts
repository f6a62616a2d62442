import type { Client } from '../cluster/client.ts';
import { readNodes, type Node } from '../cluster/nodes.ts';
import { readSelf } from '../cluster/self.ts';
import type { State } from '../cluster/state.ts';
import { fail, ok, warn, type Finding } from '../domain/finding.ts';

/** Ordo's Jobs need podReplacementPolicy, which is on from this version on. */
const OLDEST_MINOR = 29;

interface Version {
  minor: string;
  gitVersion: string;
}

export async function versionFinding(client: Client): Promise<Finding> {
  const { minor = '', gitVersion = '' } = (await client.get<Version>('/version')) ?? {};
  const number = /^\d+/.exec(minor)?.[0];
  if (number === undefined) return fail('cluster', 'it does not say which version of Kubernetes it is');
  return Number(number) >= OLDEST_MINOR
    ? ok('cluster', `Kubernetes ${gitVersion}`)
    : fail('cluster', `Kubernetes ${gitVersion}: Ordo needs 1.${OLDEST_MINOR} or newer, update the cluster`);
}

export function stateFinding({ isSuspended, inventory, damaged }: State): Finding {
  if (damaged !== undefined) {
    return warn(
      'state',
      `ConfigMap ordo-inventory cannot be read (${damaged}): the next pass rebuilds it from the stamps`,
    );
  }
  if (isSuspended) {
    const annotation = 'ordo.dev/suspend on ConfigMap ordo-inventory';
    return warn('state', `no rollout begins while the annotation ${annotation} is true: remove it to go on`);
  }
  return ok('state', `readable, ${inventory.objects.length} objects, last rollout ${inventory.rollout}`);
}

/** The image that rollouts take over from this pod. */
export async function podFinding(client: Client, namespace: string, pod: string): Promise<Finding> {
  const { image } = await readSelf(client, namespace, pod);
  return ok('own pod', `${pod} runs ${image}`);
}

/** A device whose disk is full drops images and pods; the kubelet says so before everything stands still. */
export async function nodeFindings(client: Client): Promise<Finding[]> {
  const nodes = await readNodes(client);
  const troubled = nodes.flatMap(nodeFinding);
  return troubled.length > 0 ? troubled : [ok('nodes', `${nodes.length} ready, none short of anything`)];
}

function nodeFinding({ name, isReady, pressures }: Node): Finding[] {
  const what = `node ${name}`;
  if (pressures.includes('DiskPressure')) {
    return [fail(what, 'DiskPressure: its disk is nearly full and new pods stay away; free space on it')];
  }
  if (pressures.length > 0) return [warn(what, `${pressures.join(', ')}: it is short of it and may end pods`)];
  return isReady ? [] : [warn(what, 'not Ready: what runs there is not known; look at its kubelet')];
}
