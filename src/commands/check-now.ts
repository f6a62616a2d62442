import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../check/check.ts';
import { stateStore } from '../cluster/state.ts';
import { loadSettings, SettingsError } from '../config/load.ts';
import { tokensOf } from '../config/settings.ts';
import { findingsAsText } from '../report/findings.ts';
import type { Answer } from '../report/status.ts';
import { createSources } from '../sources.ts';
import { systemClock as clock } from '../util/clock.ts';
import { noLog } from '../util/logger.ts';
import type { Cluster, Place } from './wiring.ts';

/** What `ordo check` says, with connections and a working copy of its own. Code 0: nothing fails, 1: something does, 2: bad settings. */
export async function checkNow(
  place: Place,
  { client }: Pick<Cluster, 'client'>,
  signal: AbortSignal,
): Promise<Answer> {
  const workFolder = join(place.workFolder, `check-${randomUUID()}`);
  try {
    const { settings, warnings } = loadSettings({ directory: place.settingsDirectory, env: place.env });
    const sourcesWith = createSources({ workFolder, path: place.env['PATH'] ?? '', clock, log: noLog });
    const findings = await check({
      // A store of its own: what the controller's has read last decides what that one may write.
      ...{ settings, warnings, client, store: stateStore(client, place.namespace) },
      sources: (other) => sourcesWith(other, signal),
      workFolder: place.workFolder,
      namespace: place.namespace,
      pod: place.pod,
    });
    const text = findingsAsText(findings, tokensOf(settings));
    return { text, code: findings.some(({ level }) => level === 'FAIL') ? 1 : 0 };
  } catch (error) {
    if (error instanceof SettingsError) return { text: error.message, code: 2 };
    throw error;
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}
