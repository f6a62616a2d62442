import type { Settings } from './config/settings.ts';
import type { Known } from './domain/known.ts';
import type { Sources } from './sources.ts';

/** What the last pass saw when there was nothing left to do: as long as it stays so, a pass costs two conditional requests. */
export interface Settled {
  /** The state's version: what is stored may be lost, or put back from a backup. */
  state: string;
  commit: string;
  digests: ReadonlyMap<string, Known<string>>;
  settings: string;
}

/** Whether settings and registry are as they were then. */
export async function isSettled(settled: Settled, settings: Settings, sources: Sources): Promise<boolean> {
  if (settled.settings !== JSON.stringify(settings)) return false;
  const digests = await sources.digests(settled.digests.keys());
  // A registry that does not answer says nothing new: what is deployed stays.
  return [...digests].every(([image, digest]) => {
    const before = settled.digests.get(image);
    return !digest.known || (before?.known === true && before.value === digest.value);
  });
}
