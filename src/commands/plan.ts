import { rm } from 'node:fs/promises';
import { loadSettings } from '../config/load.ts';
import { isActive } from '../domain/plan.ts';
import { observe } from '../observe.ts';
import { makePlan } from '../plan/plan.ts';
import { planAsText } from '../plan/text.ts';
import { createSources } from '../sources.ts';
import { systemClock as clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';
import { connectCluster, type Place } from './wiring.ts';

const quiet = (): void => undefined;
const noLog: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** `ordo plan`: what the next rollout would do, as text. Exit code 0: nothing to do, 1: something to do. Changes nothing. */
export async function plan(place: Place, print: (text: string) => void, signal: AbortSignal): Promise<0 | 1> {
  const { settings } = loadSettings({ directory: place.settingsDirectory, env: place.env });
  const { client, store } = connectCluster(place.namespace, signal);
  // The controller in the same pod uses the work folder itself.
  const workFolder = `${place.workFolder}/plan-${process.pid}`;
  try {
    const sources = createSources({ workFolder, path: place.env['PATH'] ?? '', clock, log: noLog })(settings, signal);
    const head = await sources.head();
    if (!head.known) throw new ExternalError(`the head commit is not known: ${head.reason}`);
    const observed = await observe(head.value, await store.read(), settings, {
      client,
      sources,
      namespace: place.namespace,
    });
    if (!observed.known) throw new ExternalError(`the repository is not known: ${observed.reason}`);
    const { input } = observed.value;
    const made = makePlan(input);
    const notes = input.desired.flatMap(({ source, notes: texts }) => texts.map((text) => `${source}: ${text}`));
    print(planAsText(made, input.problems, notes));
    return made.steps.some(isActive) ? 1 : 0;
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}
