import type { DriftWatch } from '../cluster/drift-watch.ts';
import type { State } from '../cluster/state.ts';
import type { Settings } from '../config/settings.ts';
import { idOf } from '../domain/identity.ts';
import { isActive } from '../domain/plan.ts';
import type { Desired } from '../manifests/render.ts';
import { readRecorded } from '../observe/recorded.ts';
import { driftMarks } from '../plan/drift.ts';
import type { PlanInput } from '../plan/input.ts';
import { makePlan } from '../plan/plan.ts';
import { stampedManifests } from '../plan/stamp.ts';
import type { CarrierOptions, Intent } from './carrier.ts';
import { pauseAfterFailure } from './pause.ts';

/**
 * A rollout that undoes what others did to objects that are as Git wants them, made from the last good manifests and the
 * cluster alone: no network is needed. What has no such manifest stays as it is; the SHA does not move.
 * Undefined when there is nothing to do, or it must rest.
 */
export async function planRepair(
  {
    clock,
    watch,
    ...where
  }: Pick<CarrierOptions, 'client' | 'goods' | 'namespace' | 'clock'> & { watch?: DriftWatch | undefined },
  state: State,
  settings: Settings,
): Promise<Intent | undefined> {
  const { sha, inventory } = state;
  if (sha === undefined || state.isSuspended) return undefined;
  const suspects = watch?.suspects();
  const { input: recorded, good, installed } = await readRecorded(where, sha, state, settings);
  watch?.expect(installed);
  const desired = asRecorded(good, state);
  const wanted = new Set(desired.map(({ id }) => id));
  const now = clock.now();
  const input: PlanInput = {
    ...recorded,
    desired,
    held: [],
    problems: [],
    frozen: new Set(inventory.objects.map(idOf).filter((id) => !wanted.has(id))),
    drift: settings.drift,
    now: now.toISOString(),
    repairOnly: true,
    maxDeletes: settings.maxDeletes,
  };
  const plan = { ...makePlan(input), moved: [], gone: [] };
  if (!plan.steps.some(isActive)) {
    if (suspects) watch?.looked(suspects);
    return undefined;
  }
  const fingerprint = state.key.hasher(['repair', sha, ...driftMarks(input)].join('\n'));
  if (pauseAfterFailure(await state.history(), fingerprint, now, inventory.retried?.rollout) > 0) return undefined;
  return { plan, manifests: stampedManifests(plan, desired), fingerprint, seen: now };
}

/** Those that were applied last as they were good, at the place that they have now. */
function asRecorded(good: readonly Desired[], { inventory }: State): Desired[] {
  const entries = new Map(inventory.objects.map((entry) => [idOf(entry), entry]));
  return good.flatMap((desired) => {
    const entry = entries.get(desired.id);
    if (entry === undefined || entry.hash !== desired.hash) return [];
    return [{ ...desired, source: entry.source, order: entry.order }];
  });
}
