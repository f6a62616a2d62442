import type { State } from '../cluster/state.ts';
import type { Settings } from '../config/settings.ts';
import { ofCommits } from '../domain/history.ts';
import { updatesOrdo } from '../domain/ordo.ts';
import { isActive } from '../domain/plan.ts';
import { readRecorded } from '../observe/recorded.ts';
import { rollbackPlan } from '../plan/rollback.ts';
import { stampedManifests } from '../plan/stamp.ts';
import type { Logger } from '../util/logger.ts';
import type { Alive } from './alive.ts';
import type { Carrier, CarrierOptions, Following, Intent } from './carrier.ts';
import { pauseAfterFailure } from './pause.ts';

/** The fingerprint of the rollout that puts another one back. */
const rollbackOf = (rollout: number): string => `rollback of ${rollout}`;

/** Puts a failed group back, when that is due. Answers how that rollout ended, or with the state where there was none. */
export async function rollBack(
  options: CarrierOptions & { alive: Alive },
  carrier: Carrier,
  state: State,
  following: Following & { settings: Settings },
): Promise<{ ended: 'done' | 'failed' } | { state: State }> {
  const { rollback, ...inventory } = state.inventory;
  if (rollback === undefined || state.isSuspended) return { state };
  const history = ofCommits(await state.history());
  if (pauseAfterFailure(history, rollbackOf(rollback.of), options.clock.now()) > 0) return { state };
  const intent = await planRollback(options, state, following.settings, following.log);
  if (intent === undefined) {
    await options.store.writeInventory(inventory);
    return { state: { ...state, inventory } };
  }
  if (updatesOrdo(intent.plan)) await options.alive.give(true);
  return carrier.carryOut(intent, state, following).then((ended) => (ended === undefined ? { state } : { ended }));
}

/**
 * What puts the failed group back, made from the last good manifests and the cluster alone: no network is needed.
 * Undefined when there is nothing to go back to, or it is like that already.
 */
async function planRollback(
  { clock, ...where }: Pick<CarrierOptions, 'client' | 'goods' | 'namespace' | 'clock'>,
  state: State,
  settings: Settings,
  log: Logger,
): Promise<Intent | undefined> {
  const { rollback, quarantine = [] } = state.inventory;
  if (rollback === undefined) return undefined;
  if (state.sha === undefined) {
    log.warn({ rollout: rollback.of }, 'this is the first install: there is nothing to go back to');
    return undefined;
  }
  const { input, good } = await readRecorded(where, state.sha, state, settings);
  // Only what the failed version brought is deleted.
  const { plan, left } = rollbackPlan({ ...input, maxDeletes: Infinity }, rollback, good, quarantine);
  const [failed] = (await state.history()).filter(({ rollout }) => rollout === rollback.of);
  const touched = new Set(failed?.steps.filter(({ state: end }) => end !== 'not-reached').map(({ object }) => object));
  const notReversed = left.filter((name) => touched.has(name));
  log.warn({ rollout: rollback.of, group: rollback.group, notReversed }, 'the failed group goes back');
  if (!plan.steps.some(isActive)) return undefined;
  const manifests = stampedManifests(plan, good);
  return { plan, manifests, fingerprint: rollbackOf(rollback.of), seen: clock.now(), notReversed };
}
