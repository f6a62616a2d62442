import { rm } from 'node:fs/promises';
import { loadSettings } from '../config/load.ts';
import { isActive } from '../domain/plan.ts';
import { dorisInTheWay } from '../holds/doris.ts';
import { guardedPlan } from '../holds/guarded.ts';
import { observationAsText, observe } from '../observe/observe.ts';
import { recovered } from '../observe/recover.ts';
import type { Answer } from '../report/status.ts';
import { lookOnce } from '../restarts/look-once.ts';
import { createSources } from '../sources.ts';
import { systemClock as clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import { noLog } from '../util/logger.ts';
import { connectCluster, type Place } from './wiring.ts';

/** A plan made where no controller runs, from one look at everything. */
export async function planAlone(place: Place, signal: AbortSignal): Promise<Answer> {
  const { settings } = loadSettings({ directory: place.settingsDirectory, env: place.env });
  const cluster = await connectCluster(place, signal);
  const { client, store, goods } = cluster;
  const workFolder = `${place.workFolder}/plan-${process.pid}`;
  try {
    const sources = createSources({ workFolder, path: place.env['PATH'] ?? '', clock, log: noLog })(settings, signal);
    const head = await sources.head();
    if (!head.known) throw new ExternalError(`the head commit is not known: ${head.reason}`);
    const where = { client, store, goods, sources, namespace: place.namespace };
    const state = await recovered(await store.read(), cluster, noLog);
    const observed = await observe(head.value, state, settings, where);
    if (!observed.known) throw new ExternalError(`the repository is not known: ${observed.reason}`);
    // Whose disk this is nobody knows.
    const freeDisk = async (): Promise<undefined> => undefined;
    const around = { client, sources, settings, sha: state.sha, now: clock.now(), freeDisk };
    const { plan: made } = await guardedPlan(observed.value.input, around, []);
    const doris = await dorisInTheWay(client, observed.value.input);
    const looking = { client, namespace: place.namespace, namespaces: settings.restartNamespaces };
    const { due, notes } = await lookOnce({ ...looking, clock, random: Math.random, signal });
    const text = [doris, observationAsText(observed.value, made).trimEnd(), ...notes].filter(Boolean).join('\n');
    const isDue = doris !== undefined || made.behind !== undefined || made.steps.some(isActive) || due.length > 0;
    return { text, code: isDue ? 1 : 0 };
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}
