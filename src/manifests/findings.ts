import { nameOf, type Identity } from '../domain/identity.ts';
import { compareOrder } from '../domain/order.ts';
import { isGiven } from './given.ts';
import type { Graph, Node, Use } from './graph.ts';
import { filesOf, isLate, isOrdered, moveFor, type Files } from './renumber.ts';

/** What is wrong with who uses whom. A note needs nobody to do anything; an error keeps a rollout from succeeding. */
export interface ReferenceFinding {
  about: 'missing' | 'late' | 'circle' | 'same-number' | 'selects-nothing';
  severity: 'note' | 'warning' | 'error';
  path: string;
  /** Position in the file, from 1. */
  document: number;
  reason: string;
}

export interface FindingContext {
  /** Ordo's own namespace. */
  namespace: string;
  /** Beside what every cluster brings along: whether somebody else makes the object. */
  isThere: (id: string, target: Identity) => boolean;
}

/** All of it, one finding for each object that is not there, late, or on the same number; in the order of the files. */
export function referenceFindings(graph: Graph, context: FindingContext): ReferenceFinding[] {
  const used = [...graph.usedBy.values()];
  const files = filesOf(graph);
  const found = [
    ...used.flatMap((uses) => missing(uses, graph, context)),
    ...used.flatMap((uses) => late(uses, graph, files)),
    ...used.flatMap((uses) => sameNumber(uses, graph, files)),
    ...graph.idle.map(({ from, field, rule }) => {
      const reason = `${field} chooses no workload of this folder: ${rule.without}, unless somebody else makes such pods`;
      return findingAt(graph.nodes.get(from), 'selects-nothing', 'warning', reason);
    }),
  ];
  return found.toSorted((a, b) => compareOrder(a.order, b.order)).map(({ order: _order, ...finding }) => finding);
}

type Placed = ReferenceFinding & { order: Node['order'] };

function findingAt(
  node: Node | undefined,
  about: ReferenceFinding['about'],
  severity: ReferenceFinding['severity'],
  reason: string,
): Placed {
  const { source = '', order = [0, 0, '', '', 0] as const, identity } = node ?? {};
  const name = identity ? `${nameOf(identity)}: ` : '';
  return { about, severity, path: source, document: order[4] + 1, reason: `${name}${reason}`, order };
}

/** Neither in the folder, nor optional, nor there by itself. */
function missing(uses: readonly Use[], { nodes }: Graph, context: FindingContext): Placed[] {
  if (uses[0] === undefined || nodes.has(uses[0].to)) return [];
  const needed = inOrder(
    uses.filter(({ optional, rule }) => !optional && rule.at !== 'kind'),
    nodes,
  );
  const [first] = needed;
  if (first === undefined) return [];
  if (isGiven(first.target, context.namespace) || context.isThere(first.to, first.target)) return [];
  const { others } = first.rule;
  const who = others === undefined ? 'unless it is made by hand or by a Job' : `unless it is there: ${others}`;
  const reason = `uses ${nameOf(first.target)} (${first.field}), which is not in this folder: ${first.rule.without}, ${who}${andMore(needed)}`;
  return [findingAt(nodes.get(first.from), 'missing', others === undefined ? 'warning' : 'note', reason)];
}

/** It comes after a user that needs it first. */
function late(uses: readonly Use[], graph: Graph, files: Files): Placed[] {
  const { nodes } = graph;
  const wrong = inOrder(
    uses.filter((use) => isOrdered(use) && isLate(use, graph)),
    nodes,
  );
  const [first] = wrong;
  const [user, used] = [nodes.get(first?.from ?? ''), nodes.get(first?.to ?? '')];
  if (first === undefined || user === undefined || used === undefined) return [];
  const name = nameOf(used.identity);
  if (leadsTo(used.id, user.id, graph)) {
    const reason = `uses ${name} (${first.field}), which uses it too: no order fits both${andMore(wrong)}`;
    return [findingAt(user, 'circle', 'warning', reason)];
  }
  // Within a group it works out in the end more often than not: pods wait, and what was refused is tried once more.
  const isSevere = !first.optional && user.order[0] < used.order[0];
  const where = user.source === used.source ? 'behind it in the same file' : `later, in ${used.source}`;
  const until = first.optional ? 'it begins without it' : `until then ${first.rule.without}`;
  const reason = `uses ${name} (${first.field}), which comes ${where}: ${until}${andMore(wrong)}; ${whatToDo(user, used, files)}`;
  return [findingAt(user, 'late', isSevere ? 'error' : 'warning', reason)];
}

function whatToDo(user: Node, used: Node, files: Files): string {
  if (user.source === used.source)
    return `move document ${used.order[4] + 1} in front of document ${user.order[4] + 1}`;
  const move = moveFor(user.source, used.source, files);
  return move
    ? `rename ${move.from} to ${move.to}`
    : 'the files use each other: put the objects into files of their own';
}

/** One depends on the other, and only the files' names say which comes first. */
function sameNumber(uses: readonly Use[], graph: Graph, files: Files): Placed[] {
  const { nodes } = graph;
  const tied = uses.filter((use) => {
    const [user, used] = [nodes.get(use.from), nodes.get(use.to)];
    if (user === undefined || used === undefined || user.source === used.source) return false;
    const isTied = user.order[0] === used.order[0] && user.order[1] === used.order[1];
    return isTied && isOrdered(use) && !isLate(use, graph);
  });
  const [first] = inOrder(tied, nodes);
  const [user, used] = [nodes.get(first?.from ?? ''), nodes.get(first?.to ?? '')];
  if (first === undefined || user === undefined || used === undefined) return [];
  const reason = `uses ${nameOf(used.identity)} (${first.field}), which has the same number, in ${used.source}: only the names decide that it comes first${andMore(tied)}; ${whatToDo(user, used, files)}`;
  return [findingAt(user, 'same-number', 'warning', reason)];
}

const inOrder = (uses: readonly Use[], nodes: Graph['nodes']): Use[] => {
  const at = ({ from }: Use): Node['order'] => nodes.get(from)?.order ?? [0, 0, '', '', 0];
  return uses.toSorted((a, b) => compareOrder(at(a), at(b)));
};

function andMore(uses: readonly Use[]): string {
  const others = new Set(uses.map(({ from }) => from)).size - 1;
  return others > 0 ? ` (and ${others} more ${others === 1 ? 'uses' : 'use'} it)` : '';
}

/** Whether one object uses another one, itself or through others, as far as that is to be there first. */
function leadsTo(from: string, to: string, { uses }: Graph): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(uses.get(id) ?? []).filter(isOrdered).map((use) => use.to));
  }
  return false;
}
