import type { Logger as Pino } from 'pino';
import { createAsked, type Asked } from '../asked.ts';
import { freeBytes } from '../check/disk.ts';
import { ApiError } from '../cluster/client.ts';
import { StateError } from '../cluster/config-maps.ts';
import { loadSettings, SettingsError } from '../config/load.ts';
import { tokensOf, type Settings } from '../config/settings.ts';
import { createController, type PassResult } from '../controller.ts';
import { createLog } from '../report/log.ts';
import { createSources } from '../sources.ts';
import { createStatus, type Status } from '../status.ts';
import { systemClock as clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import { connectCluster, type Cluster, type Place } from './wiring.ts';

/** What `ordo run` does again and again, and `ordo run --once` until nothing is left to do. */
export interface Passes {
  cluster: Cluster;
  log: Pino;
  status: Status;
  /** Those of the last pass: each reads them anew. */
  settings: () => Settings;
  /** Why nothing can be rolled out whatever the outside says; undefined when all is well. */
  notReady: () => string | undefined;
  /** What people asked for on the command line; carried out by the next pass. */
  asked: Asked;
  /** One pass. What goes wrong in it is logged and ends as `unknown`. */
  pass: () => Promise<PassResult>;
}

/** Puts a controller together with its log and its connections. Settings that are wrong at the start throw SettingsError. */
export async function createPasses(place: Place, signal: AbortSignal): Promise<Passes> {
  const load = () => loadSettings({ directory: place.settingsDirectory, env: place.env });
  const { settings: first, warnings } = load();
  let settings = first;
  let notReady: string | undefined = 'the state was not read yet';
  const log = createLog({ format: settings.logFormat, secrets: () => tokensOf(settings) });
  for (const warning of warnings) log.warn({ warning }, 'setting');

  const status = createStatus(clock);
  const sourcesWith = createSources({ workFolder: place.workFolder, path: place.env['PATH'] ?? '', clock, log });
  const cluster = await connectCluster(place, signal);
  const asked = createAsked();
  const controller = createController({
    ...cluster,
    namespace: place.namespace,
    pod: place.pod,
    clock,
    status,
    asked,
    freeDisk: () => freeBytes(place.workFolder),
    onState: () => (notReady = undefined),
  });

  let count = 0;
  return { cluster, log, status, settings: () => settings, notReady: () => notReady, asked, pass };

  async function pass(): Promise<PassResult> {
    const passLog = log.child({ pass: (count += 1) });
    status.begin();
    try {
      settings = load().settings;
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
  }
}
