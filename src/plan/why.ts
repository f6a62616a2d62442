import type { History } from '../domain/history.ts';
import { idOf, nameOf, type Identity } from '../domain/identity.ts';
import type { Inventory, InventoryObject } from '../domain/inventory.ts';
import { groupOf } from '../domain/order.ts';
import type { Plan } from '../domain/plan.ts';
import type { Graph, Use } from '../manifests/graph.ts';
import type { Desired, HeldManifest } from '../manifests/render.ts';
import type { PlanInput } from './input.ts';
import { overrideOf, overrideReason } from './overrides.ts';

/** What `ordo why` looks at: an object, and all that is recorded and planned. */
export interface Subject {
  identity: Identity;
  inventory: Inventory;
  history: History;
  /** What a pass sees now, with who uses whom in it; undefined: none could be made. */
  now: { input: PlanInput; plan: Plan; graph: Graph } | undefined;
}

/** One thing to be said: for people a few lines, for machines a value. */
export interface Fact {
  about: string;
  lines: readonly string[];
  data: unknown;
}

/** Each says one thing of the object, or nothing. Whoever knows more of objects adds a function. */
const FACTS: readonly ((subject: Subject) => Fact | undefined)[] = [from, last, inCluster, next, uses, usedBy];

export const factsOf = (subject: Subject): Fact[] => FACTS.flatMap((say) => say(subject) ?? []);

const entryOf = ({ identity, inventory }: Subject): InventoryObject | undefined =>
  inventory.objects.find((one) => idOf(one) === idOf(identity));

function wantedOf({ identity, now }: Subject): Desired | HeldManifest | undefined {
  const id = idOf(identity);
  return [...(now?.input.desired ?? []), ...(now?.input.held ?? [])].find((one) => one.id === id);
}

/** Whether it is in the repository or in the inventory; else it is somebody else's, or was removed. */
export const isOrdos = (subject: Subject): boolean => {
  const id = idOf(subject.identity);
  const isUnusable = subject.now?.input.problems.some(({ ids }) => ids.includes(id)) ?? false;
  return isUnusable || entryOf(subject) !== undefined || wantedOf(subject) !== undefined;
};

function from(subject: Subject): Fact | undefined {
  const wanted = wantedOf(subject);
  const place = wanted ?? entryOf(subject);
  if (place === undefined) return undefined;
  const { source: path, order } = place;
  const commit = wanted ? subject.now?.input.commit : subject.inventory.commit;
  const data = { path, document: order[4] + 1, group: groupOf(order), commit };
  const where = wanted || subject.now === undefined ? '' : ', which is not in the repository any more';
  return {
    about: 'from',
    data,
    lines: [`${path}, document ${data.document}, group ${data.group}${where}; commit ${short(commit)}`],
  };
}

/** At most so many rollouts are named. */
const MOST = 3;

/** What the last rollouts did with it. */
function last({ identity, history }: Subject): Fact | undefined {
  const name = nameOf(identity);
  const done = history.flatMap(({ rollout, commit, end, begin, steps }) =>
    steps
      .filter(({ object }) => object === name)
      .map((step) => ({ ...step, rollout, commit, at: step.end ?? end ?? begin })),
  );
  const data = done
    .slice(0, MOST)
    .map(({ rollout, commit, kind, state, reason, at }) => ({ rollout, commit, kind, state, reason, at }));
  const lines = data.map(({ rollout, commit, kind, state, reason, at }) => {
    const end = state ?? (kind === 'hold' ? 'held' : 'running');
    return `rollout ${rollout}, ${time(at)}, commit ${short(commit)}: ${kind}, ${end}${reason === undefined ? '' : `: ${reason}`}`;
  });
  return lines.length === 0 ? undefined : { about: 'last', data, lines };
}

/** Whether the cluster has it as Ordo has left it. */
function inCluster(subject: Subject): Fact | undefined {
  const entry = entryOf(subject);
  const live = subject.now?.input.live(idOf(subject.identity));
  if (live === undefined || !isOrdos(subject)) return undefined;
  const say = (state: string, line: string): Fact => ({ about: 'cluster', data: { state }, lines: [line] });
  if (!live.known) return say('unknown', `not known: ${live.reason}`);
  if (live.value === undefined) return say('absent', 'it is not there');
  const { stamp, deleting } = live.value;
  if (deleting) return say('deleting', 'it is being deleted');
  if (stamp === undefined) return say('foreign', 'what is there was not made by Ordo');
  const applied = `applied by rollout ${stamp.rollout}, from ${stamp.source}`;
  return stamp.hash === entry?.hash
    ? say('as-recorded', `as recorded: ${applied}`)
    : say('other', `not as recorded: ${applied}`);
}

/** What the next plan does with it and why, or why it does nothing. */
function next(subject: Subject): Fact | undefined {
  const { now, identity, inventory } = subject;
  if (now === undefined) return undefined;
  const { plan, input } = now;
  const id = idOf(identity);
  const steps = plan.steps.filter(({ entry }) => idOf(entry) === id);
  const lines = steps.map(({ kind, reason }) => `${kind}: ${reason}`);
  const add = (isSo: boolean, line: string): void => void (isSo && lines.push(line));
  add(plan.gone.includes(id), 'forgotten: it is gone from the cluster already');
  add(plan.kept.includes(id), 'kept: ordo.dev/prune is "false" in the version that was applied last');
  add(
    plan.moved.some((entry) => idOf(entry) === id),
    'recorded at its new place, without a step',
  );
  add(
    steps.length === 0 && (input.frozen?.has(id) ?? false),
    `it stays as it is: ${input.behind ?? 'something is in quarantine'}`,
  );
  for (const { path, document, reason, ids } of input.problems)
    add(ids.includes(id), `${path}${document === undefined ? '' : `, document ${document}`}: ${reason}`);
  for (const { rollout, reason } of (inventory.quarantine ?? []).filter((one) => one.id === id))
    lines.push(`in quarantine since rollout ${rollout}: ${reason}; push a fix, or run ordo retry`);
  for (const { object, by, from: given } of input.inventory.permissions ?? [])
    add(object === nameOf(identity), `its deletion is allowed by ${by} (${given})`);
  const override = overrideOf(identity, input);
  if (override && steps.length === 0) lines.push(overrideReason(override));
  if (lines.length === 0 && wantedOf(subject) !== undefined) lines.push('nothing: it is as Git wants it');
  const data = steps.map(({ kind, reason }) => ({ kind, reason }));
  return lines.length === 0 ? undefined : { about: 'next', data: { steps: data, said: lines }, lines };
}

function uses({ identity, now }: Subject): Fact | undefined {
  if (now === undefined) return undefined;
  const { nodes, uses: all } = now.graph;
  const own = all.get(idOf(identity)) ?? [];
  const data = own.map((use) => ({ object: nameOf(use.target), ...about(use), inFolder: nodes.has(use.to) }));
  const lines = data.map(
    ({ object, field, sort, optional, inFolder }) =>
      `${object}  ${field} (${sort}${optional && sort !== 'selects' ? ', optional' : ''}${inFolder ? '' : ', not in the folder'})`,
  );
  return lines.length === 0 ? undefined : { about: 'uses', data, lines };
}

function usedBy({ identity, now }: Subject): Fact | undefined {
  if (now === undefined) return undefined;
  const { nodes, usedBy: all } = now.graph;
  const data = (all.get(idOf(identity)) ?? []).flatMap((use) => {
    const user = nodes.get(use.from);
    return user ? [{ object: nameOf(user.identity), ...about(use) }] : [];
  });
  const lines = data.map(({ object, field, sort }) => `${object}  ${field} (${sort})`);
  return lines.length === 0 ? undefined : { about: 'usedBy', data, lines };
}

const about = ({ field, optional, rule: { sort } }: Use) => ({ field, sort, optional });

const short = (commit = ''): string => commit.slice(0, 10) || 'not known';
const time = (iso: string): string => iso.slice(0, 19).replace('T', ' ');
