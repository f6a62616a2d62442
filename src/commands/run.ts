import { ApiError } from '../cluster/client.ts';
import { StateError } from '../cluster/config-maps.ts';
import { loadSettings, SettingsError } from '../config/load.ts';
import { createController, type PassResult } from '../controller.ts';
import { heartbeat, loop } from '../loop.ts';
import { startHealth } from '../report/health.ts';
import { createLog } from '../report/log.ts';
import { createSources } from '../sources.ts';
import { systemClock as clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import { connectCluster, type Place } from './wiring.ts';

const HEALTH_PORT = 8080;

/** `ordo run`: the controller, until the signal ends it. Settings that are wrong at the start throw SettingsError. */
export async function run(place: Place, signal: AbortSignal): Promise<void> {
  const load = () => loadSettings({ directory: place.settingsDirectory, env: place.env });
  const first = load();
  let interval = first.settings.pollInterval;
  let notReady: string | undefined = 'the state was not read yet';
  const log = createLog({ format: first.settings.logFormat });
  for (const warning of first.warnings) log.warn({ warning }, 'setting');

  const alive = heartbeat({ clock, signal });
  await startHealth({
    port: HEALTH_PORT,
    live: () => alive(interval) || 'the timer of the loop has stopped',
    ready: () => notReady ?? true,
    signal,
  });
  const sourcesWith = createSources({ workFolder: place.workFolder, path: place.env['PATH'] ?? '', clock, log });
  const { client, store, rollouts } = connectCluster(place.namespace, signal);
  const controller = createController({
    client,
    store,
    rollouts,
    namespace: place.namespace,
    pod: place.pod,
    clock,
    onState: () => (notReady = undefined),
  });

  let count = 0;
  const pass = async (): Promise<PassResult> => {
    const passLog = log.child({ pass: (count += 1) });
    try {
      const { settings } = load();
      interval = settings.pollInterval;
      return await controller(settings, sourcesWith(settings, signal), passLog, signal);
    } catch (error) {
      if (signal.aborted) return 'idle';
      // What the cluster or the settings say decides about readiness; what the outside says never does.
      if (error instanceof SettingsError || error instanceof StateError) notReady = error.message;
      const expected = [ApiError, ExternalError, SettingsError, StateError].some((kind) => error instanceof kind);
      passLog.error(expected ? { reason: (error as Error).message } : { err: error }, 'pass ended early');
      return 'unknown';
    }
  };
  log.info({ namespace: place.namespace, repository: first.settings.repository }, 'ordo started');
  await loop(pass, { interval: () => interval, clock, random: Math.random, signal });
  log.info({}, 'ordo stopped');
}
