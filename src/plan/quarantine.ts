import type { GoodObject } from '../domain/good.ts';
import { idOf, nameOf } from '../domain/identity.ts';
import type { Inventory, InventoryObject, Quarantined } from '../domain/inventory.ts';
import { goesBack } from '../domain/kinds.ts';
import { isOrdoItself } from '../domain/ordo.ts';
import { groupOf } from '../domain/order.ts';
import type { Outcome } from '../domain/outcome.ts';
import { hasManifest, type Plan } from '../domain/plan.ts';
import { canonical } from '../manifests/canonical.ts';
import { configurationOf } from '../manifests/references.ts';
import { withUsedKeys, type Desired, type HeldManifest } from '../manifests/render.ts';
import type { Keys } from './keys.ts';

/** More than anybody looks at; the oldest go first. */
const MOST = 50;

/**
 * The quarantine after a rollout: what failed for a definite cause, as it was wanted. Not what is like its last good
 * version (there is nothing else to go back to), nor what failed while going back.
 */
export function quarantineAfter(
  { quarantine = [] }: Inventory,
  plan: Plan,
  outcome: Outcome,
  { good, manifests, now }: { good: ReadonlyMap<string, GoodObject>; manifests: Record<string, object>; now: Date },
): Quarantined[] {
  if (plan.rollback) return quarantine;
  const fresh = plan.steps.flatMap((step, index): Quarantined[] => {
    const end = outcome.steps[index];
    if (end?.state !== 'failed' || end.cause === 'passing' || !hasManifest(step)) return [];
    const { entry, place } = step;
    const id = idOf(entry);
    const last = goesBack(entry) ? good.get(id) : undefined;
    if (last && isSame(last.entry, entry.hash, entry.keys)) return [];
    const digest = last && digestToBlame(last, entry, manifests[index]);
    return [
      {
        id,
        hash: entry.hash,
        keys: entry.keys ?? {},
        group: groupOf(place),
        ...(digest && { digest }),
        ...(isOrdoItself(entry, plan.namespace) && { alone: true as const }),
        rollout: plan.rollout,
        commit: plan.commit,
        since: now.toISOString(),
        reason: end.reason ?? 'no reason is known',
      },
    ];
  });
  const isOther = (one: Quarantined): boolean => !fresh.some(({ id, hash }) => id === one.id && hash === one.hash);
  return [...quarantine.filter(isOther), ...fresh].slice(-MOST);
}

/** Whether what is recorded is this version, with the same configuration for its pods. */
export const isSame = (entry: Pick<InventoryObject, 'hash' | 'keys'>, hash: string, keys: Keys | undefined): boolean =>
  entry.hash === hash && sameConfiguration(entry.keys ?? {}, keys ?? {});

/** Compares what both know of: what is not in the desired set at the moment counts as it was. */
function sameConfiguration(then: Keys, now: Keys): boolean {
  const known = new Set(Object.keys(now).map(configurationOf));
  const relevant = Object.entries(then).filter(([use]) => known.has(configurationOf(use)));
  return relevant.length === Object.keys(now).length && relevant.every(([use, hash]) => now[use] === hash);
}

/** The one digest that is new, when everything else is as in the last good version. */
function digestToBlame(
  last: GoodObject,
  { images = {}, keys }: InventoryObject,
  manifest: object | undefined,
): Quarantined['digest'] {
  const before = last.entry.images ?? {};
  const changed = Object.entries(images).filter(([image, digest]) => before[image] !== digest);
  const [only] = changed;
  if (changed.length !== 1 || only === undefined || manifest === undefined) return undefined;
  const [image, bad] = only;
  const good = before[image];
  if (good === undefined) return undefined;
  if (!sameConfiguration(last.entry.keys ?? {}, keys ?? {})) return undefined;
  const withGood = canonical(unmarked(manifest)).replaceAll(bad, good);
  return withGood === canonical(unmarked(last.manifest)) ? { image, bad, good } : undefined;
}

/** Without the annotations, of which the stamps differ from rollout to rollout. */
function unmarked(manifest: object): object {
  const { metadata, ...rest } = manifest as { metadata?: object };
  const { annotations: _annotations, ...others } = (metadata ?? {}) as { annotations?: unknown };
  return { ...rest, metadata: others };
}

/** What is to be planned while something is in quarantine. */
export interface Effective {
  desired: readonly Desired[];
  held: readonly HeldManifest[];
  /** Ids of objects that stay as they are, whatever Git says. */
  frozen: ReadonlySet<string>;
  /** Why the cluster stays behind Git. */
  behind?: string;
}

/** The entries of the quarantine that keep this desired set from being rolled out; those by digest keep back an image alone. */
export function activeQuarantine(quarantine: readonly Quarantined[] = [], desired: readonly Desired[]): Quarantined[] {
  const byId = new Map(desired.map((one) => [one.id, one]));
  return quarantine.filter((one) => {
    const wanted = byId.get(one.id);
    return wanted !== undefined && isSame(one, wanted.hash, wanted.keys);
  });
}

/**
 * The desired set, with its first group in quarantine and all later ones replaced by their last good manifests; what has
 * none stays as it is.
 *
 * @param good last good objects by id; undefined: nothing is to go back
 */
export function underQuarantine(
  { desired, held, inventory }: { desired: readonly Desired[]; held: readonly HeldManifest[]; inventory: Inventory },
  good: ReadonlyMap<string, Desired> | undefined,
): Effective {
  const active = activeQuarantine(inventory.quarantine, desired);
  const [first] = active.toSorted((a, b) => groupAt(a) - groupAt(b));
  if (first === undefined) return { desired, held, frozen: new Set() };
  const blamed = new Set(active.map(({ id }) => id));
  const isAffected = ({ id, order }: Pick<Desired, 'id' | 'order'>): boolean =>
    groupOf(order) >= groupAt(first) || blamed.has(id);
  const fromGit = desired.filter((one) => !isAffected(one));
  const taken = new Set(fromGit.map(({ id }) => id));
  const back = [...(good?.values() ?? [])].filter(
    (one) => goesBack(one.identity) && isAffected(one) && !taken.has(one.id),
  );
  const effective = withUsedKeys([...fromGit, ...back]);
  const planned = new Set(effective.map(({ id }) => id));
  const kept = inventory.objects.map((entry) => ({ id: idOf(entry), order: entry.order }));
  const stays = [...kept, ...desired, ...held].filter((one) => isAffected(one) && !planned.has(one.id));
  // What moved between the groups is in neither set.
  const moved = kept.filter(({ id }) => !planned.has(id) && desired.some((one) => one.id === id));
  return {
    desired: effective,
    held: held.filter((one) => !isAffected(one)),
    frozen: new Set([...stays, ...moved].map(({ id }) => id)),
    behind: whyBehind(first, desired, howItStays(good, back)),
  };
}

function whyBehind(
  { id, group, alone, rollout, commit, reason }: Quarantined,
  desired: readonly Desired[],
  how: string,
): string {
  const wanted = desired.find((one) => one.id === id);
  const name = wanted ? nameOf(wanted.identity) : id;
  const where = alone ? `${name} ${how}` : `group ${group} and later ones ${how}`;
  const why = `${name} failed in rollout ${rollout} at ${commit.slice(0, 10)}: ${reason.replaceAll(/\s*\n\s*/g, '; ')}`;
  return `${where}: ${why}; commit a fix, or run ordo retry`;
}

/** From which group on everything stays back. */
const groupAt = ({ group, alone }: Quarantined): number => (alone ? Infinity : group);

function howItStays(good: ReadonlyMap<string, Desired> | undefined, back: readonly Desired[]): string {
  if (good === undefined) return 'stay as they are (on-failure: stop)';
  return back.length > 0 ? 'stay at their last good state' : 'stay as they are, there is no good state to go back to';
}
