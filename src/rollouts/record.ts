import type { Client } from '../cluster/client.ts';
import type { GoodStore } from '../cluster/good.ts';
import { readLiveObjects } from '../cluster/live.ts';
import type { State, StateStore } from '../cluster/state.ts';
import { CommitAbout } from '../domain/commit.ts';
import { withUnchanged, type HistoryEntry } from '../domain/history.ts';
import { nameOf } from '../domain/identity.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { kindAt } from '../domain/object.ts';
import type { Outcome } from '../domain/outcome.ts';
import { isActive, verbOf, type Plan } from '../domain/plan.ts';
import { nextInventory } from '../plan/next.ts';
import { verified } from '../plan/verify.ts';
import { aftermath, type End } from './aftermath.ts';
import type { Intent } from './carrier.ts';

/** The `running` entry of a rollout that begins. */
export function beginEntry(
  { plan, fingerprint, seen, about, by, notReversed = [] }: Omit<Intent, 'manifests'>,
  begin: Date,
): HistoryEntry {
  const { rollback, behind, restarts } = plan;
  return {
    rollout: plan.rollout,
    commit: plan.commit,
    state: 'running',
    seen: seen.toISOString(),
    begin: begin.toISOString(),
    fingerprint,
    ...(rollback && { rollbackOf: rollback.of }),
    ...(behind !== undefined && { behind }),
    ...(restarts && { restarts }),
    ...(notReversed.length > 0 && { notReversed }),
    ...(about && { about }),
    ...(by !== undefined && { by }),
    steps: plan.steps.map((step) => ({
      kind: verbOf(step),
      object: nameOf(step.entry),
      source: step.entry.source,
      document: step.entry.order[4],
    })),
  };
}

/** Holds what the runner said against the cluster: metadata lists of the kinds in the plan. */
export async function verify(client: Client, plan: Plan, outcome: Outcome): Promise<Outcome> {
  const objects = plan.steps
    .filter((step) => isActive(step) && step.kind !== 'roll')
    .map(({ entry, path }) => ({ identity: entry, kind: kindAt(path, entry) }));
  return verified(plan, outcome, await readLiveObjects(client, plan.target, objects));
}

/**
 * Records the end of a rollout: images, SHA, history, last good manifests, and last the inventory, whose `rollout` makes
 * it final. Killed in between, the same end is recorded again. goesOn: the next plan is to be made at once, although this one was not done.
 */
export async function recordEnd(
  { store, goods }: { store: StateStore; goods: GoodStore },
  state: State,
  rolledOut: End,
): Promise<{ entry: HistoryEntry; goesOn: boolean }> {
  const { plan, outcome, now } = rolledOut;
  const after = plan.restarts
    ? { ...state.inventory, rollout: plan.rollout }
    : nextInventory(state.inventory, plan, state.key.id, outcome);
  const history = await state.history();
  const running =
    history.find(({ rollout }) => rollout === plan.rollout) ?? beginEntry({ plan, fingerprint: '', seen: now }, now);
  const entry: HistoryEntry = {
    ...running,
    state: outcome.state,
    end: now.toISOString(),
    ...(outcome.reason !== undefined && { reason: outcome.reason }),
    steps: running.steps.map((step, index) => {
      const { owned: _owned, ...said } = outcome.steps[String(index)] ?? {};
      return { ...step, ...said };
    }),
  };
  await recordImages(store, state.inventory.objects, after.objects);
  if (outcome.state === 'done' && isWholeCommit(plan)) await store.writeSha(plan.commit);
  await store.writeHistory([entry, ...history.filter(({ rollout }) => rollout !== plan.rollout)]);
  const inventory = plan.restarts ? after : await aftermath(goods, state, rolledOut, after);
  await store.writeInventory(inventory);
  const isDue = inventory.rollback !== undefined && plan.rollback === undefined;
  return { entry, goesOn: outcome.state === 'stopped' || isDue };
}

/** The cluster is equal to the commit: nothing was put back, no group stays behind, and it came from a commit at all. */
const isWholeCommit = ({ rollback, behind, restarts }: Plan): boolean =>
  rollback === undefined && behind === undefined && restarts === undefined;

/** A plan without steps has no Job and no number: a renamed file, an object that is gone, a commit that changes nothing (`seen` then). */
export async function recordQuietly(
  store: StateStore,
  state: State,
  plan: Plan,
  { seen, about }: { seen: Date; about: () => Promise<CommitAbout | undefined> },
): Promise<void> {
  if (plan.moved.length + plan.gone.length > 0 || state.inventory.key !== state.key.id) {
    await store.writeInventory(nextInventory(state.inventory, plan, state.key.id));
  }
  if (state.sha === plan.commit || !isWholeCommit(plan)) return;
  const said = await about();
  const unchanged = { commit: plan.commit, seen: seen.toISOString(), ...(said && { about: CommitAbout.parse(said) }) };
  const history = withUnchanged(await state.history(), unchanged);
  if (history) await store.writeHistory(history);
  await store.writeSha(plan.commit);
}

/** `containerlist-APP` says which image is deployed, as in DORIS; APP is the `app` label. */
async function recordImages(
  store: StateStore,
  before: readonly InventoryObject[],
  after: readonly InventoryObject[],
): Promise<void> {
  const old = imagesByApp(before);
  for (const [app, image] of imagesByApp(after)) if (old.get(app) !== image) await store.writeImage(app, image);
}

function imagesByApp(objects: readonly InventoryObject[]): Map<string, string> {
  const named = objects.flatMap(({ app, images = {} }) => {
    const [image] = Object.entries(images);
    return app === undefined || image === undefined ? [] : [[app, image.join('@')] as const];
  });
  return new Map(named);
}
