import { ApiError } from '../cluster/client.ts';
import { StateError } from '../cluster/config-maps.ts';
import { loadSettings, SettingsError } from '../config/load.ts';
import { tokensOf } from '../config/settings.ts';
import { createController, type PassResult } from '../controller.ts';
import { heartbeat, loop } from '../loop.ts';
import { openDesk } from '../report/desk.ts';
import { startHealth } from '../report/health.ts';
import { createLog } from '../report/log.ts';
import { createSources } from '../sources.ts';
import { createStatus, type Answer } from '../status.ts';
import { createBell } from '../util/bell.ts';
import { systemClock as clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import { connectCluster, type Place } from './wiring.ts';

const HEALTH_PORT = 8080;
/** `ordo plan` gets what is known by then. */
const ANSWER_MS = 30_000;

/** `ordo run`: the controller, until the signal ends it. Settings that are wrong at the start throw SettingsError. */
export async function run(place: Place, signal: AbortSignal): Promise<void> {
  const load = () => loadSettings({ directory: place.settingsDirectory, env: place.env });
  const first = load();
  let interval = first.settings.pollInterval;
  let tokens = tokensOf(first.settings);
  let notReady: string | undefined = 'the state was not read yet';
  const log = createLog({ format: first.settings.logFormat, secrets: () => tokens });
  for (const warning of first.warnings) log.warn({ warning }, 'setting');

  const status = createStatus(clock);
  const bell = createBell();
  const alive = heartbeat({ clock, signal });
  await startHealth({
    port: HEALTH_PORT,
    live: () => alive(interval) || 'the timer of the loop has stopped',
    ready: () => notReady ?? true,
    trouble: () => status.trouble(),
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
    status,
    onState: () => (notReady = undefined),
  });
  await openDesk(place.workFolder, () => freshAnswer(), signal);

  let count = 0;
  const pass = async (): Promise<PassResult> => {
    const passLog = log.child({ pass: (count += 1) });
    status.begin();
    try {
      const { settings } = load();
      interval = settings.pollInterval;
      tokens = tokensOf(settings);
      return await controller(settings, sourcesWith(settings, signal), passLog, signal);
    } catch (error) {
      if (signal.aborted) return 'idle';
      // What the cluster or the settings say decides about readiness; what the outside says never does.
      if (error instanceof SettingsError || error instanceof StateError) notReady = error.message;
      const expected = [ApiError, ExternalError, SettingsError, StateError].some((kind) => error instanceof kind);
      passLog.error(expected ? { reason: (error as Error).message } : { err: error }, 'pass ended early');
      status.unknown('what to do', expected ? (error as Error).message : 'an error inside of Ordo, see its log');
      return 'unknown';
    }
  };
  log.info({ namespace: place.namespace, repository: first.settings.repository }, 'ordo started');
  await loop(pass, { interval: () => interval, clock, random: Math.random, bell, signal });
  log.info({}, 'ordo stopped');

  /** What a pass says that begins now: who asks has just pushed a commit. */
  async function freshAnswer(): Promise<Answer> {
    const heard = status.fresh();
    bell.ring();
    await Promise.race([heard, clock.sleep(ANSWER_MS, signal)]);
    return status.now();
  }
}
