import type { State } from '../cluster/state.ts';
import type { Settings } from '../config/settings.ts';
import type { Carrier, Following } from '../rollouts/carrier.ts';
import type { Restarts } from './restarts.ts';

/** Restarts what is due, as a rollout of its own, and follows it to its end. Undefined: there is nothing to restart now. Asks nobody outside of the cluster. */
export async function restartWhatIsDue(
  { restarts, carrier }: { restarts: Pick<Restarts, 'next'>; carrier: Carrier },
  state: State,
  settings: Pick<Settings, 'onFailure' | 'restartNamespaces' | 'updateWindow'>,
  { log, signal }: Pick<Following, 'log' | 'signal'>,
): Promise<'done' | 'failed' | undefined> {
  const intent = await restarts.next(state, settings, log);
  return intent && carrier.carryOut(intent, state, { settings, log, signal });
}
