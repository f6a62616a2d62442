import { readByName } from '../cluster/by-name.ts';
import type { Client } from '../cluster/client.ts';
import type { RestartMemory } from '../domain/restarts.ts';
import { contentHash, isStillThere } from '../plan/restart-content.ts';
import { usersOf } from '../plan/restart-users.ts';
import { withSeen } from '../plan/restarts.ts';
import type { RolledOut } from '../rollouts/carrier.ts';
import { kindOf } from './targets.ts';

/**
 * The memory after a rollout from Git: workloads that it has given new pods together with their configuration are not
 * restarted once more for that, as long as what was sent is there.
 */
export async function shownByGit(
  client: Client,
  hasher: (text: string) => string,
  memory: RestartMemory,
  { plan, outcome, inventory, manifests }: RolledOut,
): Promise<RestartMemory> {
  const users = usersOf(plan, outcome, inventory, memory);
  if (users.length === 0) return memory;
  const sent = await manifests();
  const workloads = { ...memory.workloads };
  for (const { id, name, step, identity } of users) {
    const before = workloads[id];
    const manifest = sent[step];
    const live = manifest && (await readByName(client, kindOf(identity), identity));
    if (before && live && isStillThere(manifest, live))
      workloads[id] = withSeen(before, { [name]: contentHash(live, hasher) });
  }
  return { ...memory, workloads };
}
