import { compareOrder } from '../domain/order.ts';
import type { Graph, Use } from './graph.ts';

/** A file's numbers: of its folder, and its own. */
type At = readonly [group: number, file: number];

/** The files of a set: where they stand, and which of them are to stand before which. */
export interface Files {
  at: ReadonlyMap<string, At>;
  /** By file: those that it has to come after, and those that have to come after it. */
  after: ReadonlyMap<string, ReadonlySet<string>>;
  before: ReadonlyMap<string, ReadonlySet<string>>;
  taken: ReadonlySet<string>;
}

/** A file and the path that it should have. */
export interface Move {
  from: string;
  to: string;
}

/** Whether what is used has to come first. */
export const isOrdered = ({ rule }: Use): boolean => rule.sort !== 'selects' && rule.anyOrder !== true;

/** What is used comes after its user. */
export function isLate({ from, to }: Use, { nodes }: Graph): boolean {
  const [user, used] = [nodes.get(from), nodes.get(to)];
  return user !== undefined && used !== undefined && compareOrder(used.order, user.order) > 0;
}

export function filesOf({ nodes, uses }: Graph): Files {
  const at = new Map([...nodes.values()].map(({ source, order }) => [source, [order[0], order[1]] as const]));
  const after = new Map<string, Set<string>>();
  const before = new Map<string, Set<string>>();
  for (const use of [...uses.values()].flat().filter(isOrdered)) {
    const [user, used] = [nodes.get(use.from)?.source, nodes.get(use.to)?.source];
    if (user === undefined || used === undefined || user === used) continue;
    addTo(after, user, used);
    addTo(before, used, user);
  }
  return { at, after, before, taken: new Set([...at.values()].map(String)) };
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}

/**
 * The path that one of the two files should have, so that `used` comes before `user` and nothing else gets out of order. The one
 * that stands wrong with more others is moved, within its own folder if there is room. undefined: no single move does it.
 */
export function moveFor(user: string, used: string, files: Files): Move | undefined {
  const wrongUsed = wrongBefore(used, files);
  const wrongUser = wrongAfter(user, files);
  const sides = [down(used, user, files), up(user, used, files)];
  const [first, second] = wrongUser > wrongUsed ? sides.toReversed() : sides;
  const own = first?.inPlace() ?? second?.inPlace() ?? first?.beside() ?? second?.beside();
  // A number behind all that it uses is always free, though its own users may have to follow.
  return own ?? behind(user, files);
}

const wrongBefore = (file: string, files: Files): number =>
  [...(files.before.get(file) ?? [])].filter((other) => compare(place(other, files), place(file, files)) <= 0).length;

const wrongAfter = (file: string, files: Files): number =>
  [...(files.after.get(file) ?? [])].filter((other) => compare(place(other, files), place(file, files)) >= 0).length;

const place = (file: string, { at }: Files): At => at.get(file) ?? [0, 0];
const compare = (a: At, b: At): number => a[0] - b[0] || a[1] - b[1];

/** Between what the file uses and what uses it: as near to its users as there is a free number. */
function down(used: string, user: string, files: Files) {
  const [low, high] = bounds(used, files);
  const into = (folder: string, group: number): Move | undefined =>
    moved(used, folder, freeBelow(group, low, high, files));
  return {
    inPlace: () => into(folderOf(used), place(used, files)[0]),
    beside: () => into(folderOf(user), place(user, files)[0]),
  };
}

/** Between what the file uses and what uses it: as near to what it uses. */
function up(user: string, used: string, files: Files) {
  const [low, high] = bounds(user, files);
  const into = (folder: string, group: number): Move | undefined =>
    moved(user, folder, freeAbove(group, low, high, files));
  return {
    inPlace: () => into(folderOf(user), place(user, files)[0]),
    beside: () => into(folderOf(used), place(used, files)[0]),
  };
}

/** Behind what the file uses, whatever uses it. */
function behind(user: string, files: Files): Move | undefined {
  const others = [...(files.after.get(user) ?? [])];
  const last = others.toSorted((a, b) => compare(place(b, files), place(a, files)))[0];
  if (last === undefined || files.after.get(last)?.has(user)) return undefined;
  const group = Math.max(place(user, files)[0], place(last, files)[0]);
  const folder = group === place(user, files)[0] ? folderOf(user) : folderOf(last);
  return moved(user, folder, freeAbove(group, place(last, files), [Infinity, Infinity], files));
}

/** The last place of what the file uses, the first of its users; neither may be shared. */
function bounds(file: string, files: Files): [low: At, high: At] {
  const all = (others: ReadonlySet<string> | undefined): At[] =>
    [...(others ?? [])].map((other) => place(other, files)).sort(compare);
  return [all(files.after.get(file)).at(-1) ?? [-1, 0], all(files.before.get(file))[0] ?? [Infinity, 0]];
}

/** Exclusive bounds of the numbers in one group; undefined where none can fit. */
function numbersIn(group: number, low: At, high: At): [number, number] | undefined {
  if (low[0] > group || high[0] < group) return undefined;
  return [low[0] === group ? low[1] : 0, high[0] === group ? high[1] : Infinity];
}

function freeAbove(group: number, low: At, high: At, { taken }: Files): number | undefined {
  const [from, until] = numbersIn(group, low, high) ?? [0, 0];
  for (let number = from + 1; number < until; number += 1) if (!taken.has(`${group},${number}`)) return number;
  return undefined;
}

function freeBelow(group: number, low: At, high: At, files: Files): number | undefined {
  const [from, until] = numbersIn(group, low, high) ?? [0, 0];
  if (until === Infinity) return freeAbove(group, low, high, files);
  for (let number = until - 1; number > from; number -= 1) if (!files.taken.has(`${group},${number}`)) return number;
  return undefined;
}

function moved(from: string, folder: string, number: number | undefined): Move | undefined {
  if (number === undefined) return undefined;
  const name = from.slice(from.lastIndexOf('/') + 1);
  return { from, to: `${folder}/${name.replace(/^\d+/, String(number))}` };
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
