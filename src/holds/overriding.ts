import type { State, StateStore } from '../cluster/state.ts';
import { durationMs } from '../domain/duration.ts';
import { nameOf } from '../domain/identity.ts';
import type { Inventory, Override } from '../domain/inventory.ts';
import { findName } from '../plan/find-object.ts';
import type { Answer } from '../report/status.ts';
import type { Logger } from '../util/logger.ts';
import type { Asked, Override as Request } from './asked.ts';

/** So many names are listed for one that is not known. */
const LISTED = 50;

/** Writes down what people want left as it is in the cluster, tells them, and takes out what is over. */
export async function overriding(
  state: State,
  { store, asked, log }: { store: Pick<StateStore, 'writeInventory'>; asked: Asked; log: Logger },
  now: Date,
): Promise<State> {
  const { overrides: before = [], ...rest } = state.inventory;
  const requests = asked.overrides();
  const over = before.filter(({ until }) => new Date(until) <= now);
  if (requests.length === 0 && over.length === 0) return state;
  for (const { object, by } of over) log.info({ object, by }, 'override ended, as it was said');
  let overrides = before.filter((one) => !over.includes(one));
  const answers: (() => void)[] = [];
  for (const { request, answer } of requests) {
    const decided = decide(request, overrides, state.inventory, now);
    overrides = decided.overrides;
    answers.push(() => answer(decided.answer));
    if (decided.answer.code === 0) log.info({ object: request.object, by: request.by }, decided.answer.text);
  }
  const inventory: Inventory = { ...rest, ...(overrides.length > 0 && { overrides }) };
  const isNew = JSON.stringify(overrides) !== JSON.stringify(before);
  if (isNew) await store.writeInventory(inventory);
  for (const tell of answers) tell();
  // Another version than any that was settled.
  return isNew ? { ...state, inventory, version: '' } : state;
}

function decide(
  { object: typed, for: time, by }: Request,
  overrides: readonly Override[],
  { objects }: Inventory,
  now: Date,
): { overrides: Override[]; answer: Answer } {
  const refused = (text: string): { overrides: Override[]; answer: Answer } => ({
    overrides: [...overrides],
    answer: { text, code: 2 },
  });
  const names = time === undefined ? overrides.map((one) => one.object) : objects.map(nameOf);
  const object = findName(typed, names);
  const others = overrides.filter((one) => one.object !== object);
  if (time === undefined) {
    if (object === undefined) return refused(`${typed} is not overridden; ${listed(names)}`);
    return { overrides: others, answer: { text: `override of ${object} ended`, code: 0 } };
  }
  if (object === undefined)
    return refused(`${typed} is nothing that Ordo has applied, or more than one; ${listed(names)}`);
  const until = new Date(now.getTime() + durationMs(time)).toISOString();
  const text = `${object} stays as people make it until ${until}; then Git counts again`;
  return { overrides: [...others, { object, until, by, at: now.toISOString() }], answer: { text, code: 0 } };
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing is';
  const lines = names.slice(0, LISTED).map((name) => `\n  ${name}`);
  const more = names.length - lines.length;
  return `there is:${lines.join('')}${more > 0 ? `\n  and ${more} more` : ''}`;
}

/** For people, a line each. */
export const overridesAsText = ({ overrides = [] }: Inventory): string[] =>
  overrides.map(({ object, by, until }) => `${object} is overridden by ${by} until ${until}`);
