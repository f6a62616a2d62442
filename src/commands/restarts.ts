import type { State } from '../cluster/state.ts';
import { loadRestartSettings } from '../config/load.ts';
import type { PassResult } from '../controller.ts';
import { heartbeat, loop } from '../loop.ts';
import { recoveredInventory } from '../plan/recovered.ts';
import { openDesk } from '../report/desk.ts';
import { startHealth } from '../report/health.ts';
import { createLog } from '../report/log.ts';
import { createStatus } from '../report/status.ts';
import { restartWhatIsDue } from '../restarts/pass.ts';
import { createRestarts } from '../restarts/restarts.ts';
import { createCarrier } from '../rollouts/carrier.ts';
import { createBell } from '../util/bell.ts';
import { systemClock as clock } from '../util/clock.ts';
import { history, HistoryQuery } from './history.ts';
import { troubleOf } from './trouble.ts';
import { connectCluster, type Cluster, type Place } from './wiring.ts';

const HEALTH_PORT = 8080;
/** Changes ring; a pass in between only sees to what nobody tells, such as an update window that opens. */
const INTERVAL_MS = 60_000;

/**
 * `ordo restarts`: nothing but restarts for changed configuration, without repository and registry, and with no right outside
 * of the namespaces in its settings and its own. Runs until the signal ends it.
 */
export async function restarts(place: Place, signal: AbortSignal): Promise<void> {
  const { namespace, pod } = place;
  const load = () => loadRestartSettings({ directory: place.settingsDirectory, env: place.env });
  const { settings: first, warnings } = load();
  const log = createLog({ format: first.logFormat, secrets: () => [] });
  for (const warning of warnings) log.warn({ warning }, 'setting');
  const bell = createBell();
  const cluster = await connectCluster(place, signal);
  const around = { client: cluster.client, namespace, clock, random: Math.random, log, signal };
  const due = createRestarts({ ...around, ring: () => bell.ring() });
  due.follow(first.restartNamespaces);
  const status = createStatus(clock, due.notes, due.isDue);
  const carrier = createCarrier({ ...cluster, namespace, pod, clock, status, restarts: due });

  let notReady: string | undefined = 'the state was not read yet';
  const alive = heartbeat({ clock, signal });
  await startHealth({
    port: HEALTH_PORT,
    live: () => alive(INTERVAL_MS) || 'the timer of the loop has stopped',
    ready: () => notReady ?? true,
    trouble: () => status.trouble(),
    signal,
  });
  const answers = {
    plan: async () => status.now(),
    history: (query: unknown) => history(cluster, HistoryQuery.parse(query)),
  };
  await openDesk(place.workFolder, answers, signal);
  log.info({ namespace, namespaces: first.restartNamespaces ?? 'all' }, 'ordo restarts started');
  await loop(pass, { interval: () => INTERVAL_MS, clock, random: Math.random, bell, signal });
  log.info({}, 'ordo restarts stopped');

  async function pass(): Promise<PassResult> {
    status.begin();
    try {
      return await onePass();
    } catch (error) {
      if (signal.aborted) return 'idle';
      const trouble = troubleOf(error);
      notReady = trouble.notReady ?? notReady;
      log.error(trouble.logged, 'pass ended early');
      status.unknown('what to do', trouble.reason);
      return 'unknown';
    }
  }

  async function onePass(): Promise<PassResult> {
    const settings = { ...load().settings, onFailure: 'stop' as const };
    const state = await readOwnState(cluster);
    notReady = undefined;
    const unfinished = await carrier.adopt(state, log);
    if (unfinished === 'elsewhere') return 'failed';
    if (unfinished) return carrier.finish(unfinished, { settings, log, signal });
    await carrier.tidy(state);
    const restarted = await restartWhatIsDue({ restarts: due, carrier }, state, settings, { log, signal });
    if (restarted === undefined) status.planned('nothing to restart now', false);
    return restarted ?? 'idle';
  }
}

/** The state; where none is recorded, as after the first start, the number of the last rollout is all that there is to know. */
async function readOwnState({ store, rollouts }: Cluster): Promise<State> {
  const state = await store.read();
  if (state.isRecorded) return state;
  const remains = { stamped: [], history: await state.history(), newest: await rollouts.newest(), key: state.key.id };
  const inventory = recoveredInventory(remains);
  await store.writeInventory(inventory);
  return { ...state, inventory, isRecorded: true };
}
