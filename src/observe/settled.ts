import type { Settings } from '../config/settings.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Known } from '../domain/known.ts';
import type { Plan } from '../domain/plan.ts';
import { unknownDigest } from '../manifests/images.ts';
import { quietAt } from '../plan/drift.ts';
import type { Sources } from '../sources.ts';

/** What the last pass saw when there was nothing left to do: as long as it stays so, a pass costs two conditional requests. */
export interface Settled {
  /** The state's version: what is stored may be lost, or put back from a backup. */
  state: string;
  commit: string;
  digests: ReadonlyMap<string, Known<string>>;
  settings: string;
  /** From when on a plan is made all the same: a watch may miss something, and what people allowed for a time ends. */
  until: Date;
}

const AGAIN_MS = 3_600_000;

/** An hour, or less when an override ends before, or what was put back has been left in peace for long enough. */
export function settledUntil(now: Date, { overrides = [], objects }: Inventory): Date {
  const ends = overrides.map(({ until }) => new Date(until).getTime());
  // What is fought for still is long over it.
  const quiet = objects.flatMap((entry) => quietAt(entry)?.getTime() ?? []).filter((at) => at > now.getTime());
  return new Date(Math.min(now.getTime() + AGAIN_MS, ...ends, ...quiet));
}

/** Whether nothing is left to do but what a change of settings or registry, or of the cluster, would bring. */
export function isComplete({ steps }: Pick<Plan, 'steps'>, digests: Settled['digests']): boolean {
  const unknown = new Set(
    [...digests].flatMap(([image, one]) => (one.known ? [] : [unknownDigest(image, one.reason)])),
  );
  // What others changed and is left so waits for them alone.
  return steps.every((step) => step.kind === 'hold' && (step.drift === true || unknown.has(step.reason)));
}

/** Whether settings and registry are as they were then. */
export async function isSettled(settled: Settled, settings: Settings, sources: Sources): Promise<boolean> {
  if (settled.settings !== JSON.stringify(settings)) return false;
  const digests = await sources.digests(settled.digests.keys());
  return [...digests].every(([image, digest]) => {
    const before = settled.digests.get(image);
    if (digest.known) return before?.known === true && before.value === digest.value;
    // A registry that does not answer says nothing new: what is deployed stays. Why it does not is told anew.
    return before?.known !== false || before.reason === digest.reason;
  });
}
