import type { State, StateStore } from '../cluster/state.ts';
import { ofCommits } from '../domain/history.ts';
import { nameOf } from '../domain/identity.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Plan } from '../domain/plan.ts';
import { findName } from '../plan/find-object.ts';
import { permissionFor } from '../plan/permissions.ts';
import type { Answer } from '../report/status.ts';
import type { Logger } from '../util/logger.ts';
import type { Asked, Release } from './asked.ts';
import type { Guarded } from './guarded.ts';

/** What it takes to write down what people decided and to tell them. */
interface Desk {
  store: Pick<StateStore, 'writeInventory'>;
  asked: Asked;
  log: Logger;
}

/**
 * Carries out `ordo retry`: nothing is in quarantine any more, what failed up to now does not rest, and repairs up to now
 * are no part of a fight.
 *
 * @param rests whether a restart that is due rests
 */
export async function tryAgain(
  state: State,
  { store, asked, log, rests }: Desk & { rests: () => boolean },
  now: Date,
): Promise<State> {
  const retries = asked.retries();
  const [first] = retries;
  if (first === undefined) return state;
  const { quarantine = [], ...rest } = state.inventory;
  const history = await state.history();
  const isFailed = [history, ofCommits(history)].some(([newest]) => newest?.state === 'failed');
  const isFought = rest.objects.some(({ repaired }) => repaired !== undefined);
  const hasFailed = quarantine.length > 0 || isFought || isFailed || rests();
  const { rollout } = rest;
  const { by } = first.request;
  const inventory: Inventory = { ...rest, retried: { rollout, by, at: now.toISOString() } };
  if (hasFailed) {
    await store.writeInventory(inventory);
    log.info({ rollout, by, quarantine: quarantine.map(({ id }) => id) }, 'what failed is tried again, as was asked');
  }
  const done = hasFailed ? `tried again now: what failed up to rollout ${rollout}` : 'nothing has failed';
  for (const { answer } of retries) answer({ text: done, code: 0 });
  // Another version than any that was settled.
  return hasFailed ? { ...state, inventory, version: '' } : state;
}

/** Writes the permissions down when they are others than before, and tells those whose releases the plan was made with. */
export async function recordPermissions(
  state: State,
  guarded: Guarded,
  releases: ReturnType<Asked['releases']>,
  { store, log }: Pick<Desk, 'store' | 'log'>,
): Promise<State> {
  const { inventory } = guarded.input;
  const [before, now] = [state.inventory, inventory].map(({ permissions = [] }) => permissions);
  if (JSON.stringify(before) !== JSON.stringify(now)) {
    await store.writeInventory(inventory);
    log.info({ permissions: now }, 'what may be deleted');
  }
  for (const { request, answer } of releases) answer(answerTo(request, guarded));
  return { ...state, inventory };
}

function answerTo({ objects, all }: Release, { plan, held }: Guarded): Answer {
  const lines = (names: readonly string[]): string => names.map((name) => `\n  ${name}`).join('');
  const named = objects.map((typed) => findName(typed, held));
  const others = objects.filter((_, index) => named[index] === undefined);
  if (others.length > 0) {
    const list = held.length > 0 ? `held are:${lines(held)}` : 'nothing is';
    return { text: `not held for want of a permission: ${others.join(', ')}; ${list}`, code: 2 };
  }
  const released = all ? held : named.flatMap((name) => name ?? []);
  if (released.length === 0) return { text: 'nothing is held for want of a permission', code: 0 };
  const stay = plan.steps.flatMap(({ kind, entry, reason }) =>
    kind === 'hold' && released.includes(nameOf(entry)) ? [`${nameOf(entry)}: ${reason}`] : [],
  );
  const still = stay.length > 0 ? `\nstill held:${lines(stay)}` : '';
  return { text: `allowed:${lines(released)}${still}`, code: 0 };
}

/** Who asked on the command line for what this rollout does; undefined when nobody did. */
export function askedBy({ steps }: Plan, { rollout, retried, permissions }: Inventory): string | undefined {
  const releases = steps
    .filter(({ kind }) => kind === 'delete')
    .map(({ entry }) => permissionFor(entry, permissions))
    .filter((permission) => permission?.from === 'command');
  const names = [...(retried?.rollout === rollout ? [retried] : []), ...releases].map((one) => one?.by);
  return names.length > 0 ? [...new Set(names)].join(', ') : undefined;
}
