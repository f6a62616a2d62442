import type { Client } from '../cluster/client.ts';
import { readContents } from '../cluster/contents.ts';
import type { Settings } from '../config/settings.ts';
import type { Commit } from '../domain/commit.ts';
import type { Permission } from '../domain/inventory.ts';
import type { HoldStep, Plan } from '../domain/plan.ts';
import { findName } from '../plan/find-object.ts';
import type { PlanInput } from '../plan/input.ts';
import { permissionsInForce, permissionsOf, unpermitted } from '../plan/permissions.ts';
import { makePlan } from '../plan/plan.ts';
import { closedReason, isUrgent } from '../plan/window.ts';
import type { Sources } from '../sources.ts';
import { ExternalError } from '../util/errors.ts';
import type { Release } from './asked.ts';
import { noRoomIn } from './room.ts';

/** What a plan needs beside its observation, and only when it holds, deletes or recreates something. */
export interface GuardsAround {
  client: Client;
  sources: Pick<Sources, 'commitsSince' | 'about' | 'sizeOf'>;
  settings: Pick<Settings, 'updateWindow'>;
  /** The last verified commit. */
  sha: string | undefined;
  now: Date;
  /** Bytes that are free where images are unpacked; undefined where nobody can say. */
  freeDisk: () => Promise<number | undefined>;
}

export interface Guarded {
  plan: Plan;
  /** What it was made from; its inventory has the permissions as they are now. */
  input: PlanInput;
  /** What was held for want of a permission when the releases came. */
  held: readonly string[];
}

/**
 * Makes the plan, and makes it again with what it turns out to need: the words of new commits, what people released, what is
 * in a Namespace that may go, whether there is room on the disk. A plan that holds and recreates nothing asks for nothing.
 * Throws ExternalError where something is needed and not known.
 */
export async function guardedPlan(
  observed: PlanInput,
  around: GuardsAround,
  releases: readonly Release[],
): Promise<Guarded> {
  const window = around.settings.updateWindow;
  let input = withPermissions(
    { ...observed, now: around.now.toISOString(), closed: window && closedReason(window, around.now) },
    [],
  );
  let plan = makePlan(input);

  if (waiting(plan, 'permission', 'window').length > 0) {
    const commits = await newCommits(input.commit, around);
    const given = permissionsOf(commits).filter(({ object }) => unpermitted(plan).includes(object));
    if (commits.some(isUrgent)) input = { ...input, closed: undefined };
    input = withPermissions(input, given);
    plan = makePlan(input);
  }
  const held = unpermitted(plan);
  const released = releases.flatMap((release) => permissionsBy(release, held, around.now));
  if (released.length > 0) {
    input = withPermissions(input, released);
    plan = makePlan(input);
  }
  const carriers = waiting(plan, 'contents').map(({ entry }) => entry);
  if (carriers.length > 0) {
    input = { ...input, contents: await readContents(around.client, carriers) };
    plan = makePlan(input);
  }
  const noRoom = await noRoomIn(plan, input.inventory, around);
  if (noRoom.size > 0) {
    input = { ...input, noRoom };
    plan = makePlan(input);
  }
  return { plan, input, held };
}

const waiting = ({ steps }: Plan, ...wants: HoldStep['wants'][]): HoldStep[] =>
  steps.filter((step) => step.kind === 'hold').filter((step) => step.wants !== undefined && wants.includes(step.wants));

/** With these permissions beside those that still count; the first word for an object is kept. */
function withPermissions(input: PlanInput, more: readonly Permission[]): PlanInput {
  const before = permissionsInForce(input) ?? [];
  const names = new Set(before.map(({ object }) => object));
  const permissions = [...before, ...more.filter(({ object }) => !names.has(object))];
  const { permissions: _permissions, ...inventory } = input.inventory;
  return { ...input, inventory: { ...inventory, ...(permissions.length > 0 && { permissions }) } };
}

/**
 * What is new since the last verified commit, as far as its words count: the commits along the first parent, or after a
 * force-push or a longer gap the one that is planned alone.
 */
async function newCommits(commit: string, { sources, sha }: GuardsAround): Promise<readonly Commit[]> {
  if (sha === commit) return [];
  const since = sha === undefined ? undefined : await sources.commitsSince(sha, commit);
  if (since?.known === false) throw new ExternalError(`the commits since ${sha} are not known: ${since.reason}`);
  const ids = since === undefined || since.value.length === 0 ? [commit] : since.value;
  const about = await sources.about(ids);
  if (!about.known) throw new ExternalError(`the messages of ${ids.length} commits are not known: ${about.reason}`);
  return about.value;
}

/** None when one of its objects is not held: who asked has meant something else. */
function permissionsBy({ objects, all, by }: Release, held: readonly string[], now: Date): Permission[] {
  const wanted = all ? held : objects.map((typed) => findName(typed, held));
  if (!wanted.every((object) => object !== undefined)) return [];
  return wanted.map((object) => ({ object, by, from: 'command', at: now.toISOString() }));
}
