import type { Logger as Pino } from 'pino';
import { createDaily } from '../check/daily.ts';
import { freeBytes } from '../check/disk.ts';
import { watchDrift } from '../cluster/drift-watch.ts';
import { createEvents } from '../cluster/events.ts';
import { loadSettings } from '../config/load.ts';
import { tokensOf, type Settings } from '../config/settings.ts';
import { createController, type PassResult } from '../controller.ts';
import { createAsked, type Asked } from '../holds/asked.ts';
import { overridesAsText } from '../holds/overriding.ts';
import { createNumbers } from '../numbers.ts';
import { createDigestWatch } from '../observe/digest-watch.ts';
import { TARGET } from '../observe/recorded.ts';
import { createLog } from '../report/log.ts';
import { createStatus, type Status } from '../report/status.ts';
import { createRestarts } from '../restarts/restarts.ts';
import { createAlive } from '../rollouts/alive.ts';
import { createSources } from '../sources.ts';
import { systemClock as clock } from '../util/clock.ts';
import { troubleOf } from './trouble.ts';
import { connectCluster, type Cluster, type Place } from './wiring.ts';

/** What `ordo run` does again and again, and `ordo run --once` until nothing is left to do. */
export interface Passes {
  cluster: Cluster;
  log: Pino;
  status: Status;
  /** Milliseconds from one pass to the next: as set, or longer while a quota runs low. */
  interval: () => number;
  /** What `/metrics` says. */
  metrics: () => string;
  /** Those of the last pass: each reads them anew. */
  settings: () => Settings;
  /** Why nothing can be rolled out whatever the outside says; undefined when all is well. */
  notReady: () => string | undefined;
  /** What people asked for on the command line; carried out by the next pass. */
  asked: Asked;
  /** One pass. What goes wrong in it is logged and ends as `unknown`. */
  pass: () => Promise<PassResult>;
}

/**
 * Puts a controller together with its log and its connections. Settings that are wrong at the start throw SettingsError.
 *
 * @param isAwaited the pod of a Deployment, whose sign of life a rollout may wait for
 * @param ring called when there is something to do before the next pass would begin; left out by a run that ends: no pass
 *   comes later, so that the first one finds all that is to be restarted
 */
export async function createPasses(
  place: Place,
  signal: AbortSignal,
  { isAwaited = false, ring }: { isAwaited?: boolean; ring?: () => void } = {},
): Promise<Passes> {
  const load = () => loadSettings({ directory: place.settingsDirectory, env: place.env });
  const { settings: first, warnings } = load();
  let settings = first;
  let overrides: string[] = [];
  let notReady: string | undefined = 'the state was not read yet';
  const log = createLog({ format: settings.logFormat, secrets: () => tokensOf(settings) });
  for (const warning of warnings) log.warn({ warning }, 'setting');

  const sourcesWith = createSources({ workFolder: place.workFolder, path: place.env['PATH'] ?? '', clock, log });
  const { budget, busy } = sourcesWith;
  const interval = (): number => budget.interval(settings.pollInterval);
  const digestWatch = createDigestWatch(clock);
  const daily = createDaily({ clock, images: () => numbers.images() });
  const notes = (): string[] =>
    [
      busy(),
      digestWatch.said(),
      budget.stretched(settings.pollInterval),
      budget.wrongClock(),
      ...daily.warnings(),
      ...restarts.notes(),
      ...overrides,
    ].filter(isText);
  const status = createStatus(clock, notes, () => restarts.isDue());
  const cluster = await connectCluster(place, signal);
  const { client } = cluster;
  const numbers = createNumbers({ budget, status, interval, settings: () => settings, digestWatch, client });
  const asked = createAsked();
  const around = { client, namespace: place.namespace, clock, random: Math.random };
  const restarts = createRestarts({ ...around, ...(ring ? { ring } : ONCE), log, signal });
  restarts.follow(first.restartNamespaces);
  if (!ring) await restarts.ready().catch((error: Error) => log.warn({ reason: error.message }, 'restarts'));
  const watching = { target: TARGET, log, clock, random: Math.random, signal };
  const controller = createController({
    ...(ring && { watch: watchDrift(cluster.client, { ...watching, ring }) }),
    ...cluster,
    namespace: place.namespace,
    pod: place.pod,
    clock,
    status,
    events: createEvents(client, place, clock),
    restarts,
    asked,
    freeDisk: () => freeBytes(place.workFolder),
    onState: (state) => {
      notReady = undefined;
      numbers.seen(state.inventory);
      overrides = overridesAsText(state.inventory);
    },
    alive: createAlive(cluster.client, { namespace: place.namespace, pod: isAwaited ? place.pod : '' }, clock),
  });

  let count = 0;
  const metrics = numbers.text;
  return { cluster, log, status, interval, metrics, settings: () => settings, notReady: () => notReady, asked, pass };

  async function pass(): Promise<PassResult> {
    const begin = performance.now();
    const result = await onePass();
    numbers.passed(result, performance.now() - begin);
    return result;
  }

  async function onePass(): Promise<PassResult> {
    const passLog = log.child({ pass: (count += 1) });
    status.begin();
    try {
      settings = load().settings;
      const sources = sourcesWith(settings, signal);
      const result = await controller(settings, digestWatch.over(sources), passLog, signal);
      await daily.look(settings, sources, passLog);
      return result;
    } catch (error) {
      if (signal.aborted) return 'idle';
      const trouble = troubleOf(error);
      notReady = trouble.notReady ?? notReady;
      passLog.error(trouble.logged, 'pass ended early');
      status.unknown('what to do', trouble.reason);
      return 'unknown';
    }
  }
}

const ONCE = { ring: () => {}, together: 0 };

const isText = (text: string | undefined): text is string => text !== undefined;
