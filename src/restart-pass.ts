import type { Carrier, Following } from './carrier.ts';
import type { State } from './cluster/state.ts';
import type { Settings } from './config/settings.ts';
import { planAsText } from './plan/text.ts';
import type { Restarts } from './restarts.ts';
import type { Status } from './status.ts';

/** Restarts what is due, as a rollout of its own, and follows it to its end. Undefined: there is nothing to restart now. Asks nobody outside of the cluster. */
export async function restartWhatIsDue(
  { restarts, carrier, status }: { restarts: Pick<Restarts, 'next'>; carrier: Carrier; status: Status },
  state: State,
  settings: Pick<Settings, 'onFailure' | 'restartNamespaces' | 'updateWindow'>,
  { log, signal }: Pick<Following, 'log' | 'signal'>,
): Promise<'done' | 'failed' | undefined> {
  const intent = await restarts.next(state, settings, log);
  if (intent === undefined || !(await carrier.begin(intent, state, log))) return undefined;
  status.running(intent.plan.rollout, planAsText(intent.plan, []));
  return carrier.finish(intent.plan, { settings, newer: async () => undefined, log, signal });
}
