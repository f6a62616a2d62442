import type { Client } from '../cluster/client.ts';
import { StateError } from '../cluster/config-maps.ts';
import { readMemory } from '../cluster/restart-memory.ts';
import { untilListed, watchForRestarts } from '../cluster/restart-watch.ts';
import { nameOf } from '../domain/identity.ts';
import { compareSeen, emptyMemory, type Due } from '../plan/restarts.ts';
import type { Clock } from '../util/clock.ts';
import { createTargets } from './targets.ts';

interface Options {
  client: Client;
  /** Ordo's own. */
  namespace: string;
  /** Undefined: all. */
  namespaces: readonly string[] | undefined;
  clock: Clock;
  random: () => number;
  signal: AbortSignal;
}

/** What is to be restarted, and what is wrong with it, from one look where no controller runs. It remembers nothing. */
export async function lookOnce(options: Options): Promise<{ due: Due[]; notes: string[] }> {
  const { client, namespace, namespaces, clock, signal } = options;
  if (namespaces?.length === 0) return { due: [], notes: [] };
  const targets = createTargets(client);
  const watch = watchForRestarts(client, { ...options, matters: targets.matters, onChange: () => undefined });
  try {
    await untilListed(watch, clock, signal);
    const { memory, key } = await readMemory(client, namespace);
    const { workloads, problems } = await targets.read(watch, key.hasher);
    const known = memory?.key === key.id ? memory : emptyMemory(key.id);
    const { due } = compareSeen(known, workloads, () => true, clock.now());
    const lines = due.map(({ identity, changed }) => `restart ${nameOf(identity)}: ${changed.join(', ')} changed`);
    return { due, notes: [...lines, ...[...watch.troubles(), ...problems].map((problem) => `restarts: ${problem}`)] };
  } catch (error) {
    // A person's to mend, and in no commit's way.
    if (!(error instanceof StateError)) throw error;
    return { due: [], notes: [`restarts: what is to be restarted is not known: ${error.message}`] };
  } finally {
    watch.stop();
  }
}
