import { idOf, nameOf, type Identity } from '../domain/identity.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { pathOf, type ResourceKind } from '../domain/object.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Plan, RollStep } from '../domain/plan.ts';
import type { RestartMemory } from '../domain/restarts.ts';

/** A workload that is restarted for its configuration, with what that is now. */
export interface Restartable {
  identity: Identity;
  uid: string;
  /** By `ConfigMap/name` and `Secret/name`: the hash of its data; undefined: it is not there, or was not read. */
  now: ReadonlyMap<string, string | undefined>;
}

/** A workload whose pods have not seen what is there now. */
export interface Due {
  identity: Identity;
  uid: string;
  /** `ConfigMap/name` and `Secret/name` that changed. */
  changed: string[];
  /** What its pods will have seen, by the same names. */
  sees: Record<string, string>;
  /** When it was restarted last, the newest at the end. */
  restarted?: readonly string[] | undefined;
}

/** So many restarts of one workload within so many milliseconds are too many: it seems to write its configuration itself. */
const OFTEN = 3;
const OFTEN_MS = 600_000;
/** How long it rests then, in ms. */
const REST_MS = 3_600_000;

/** Until when what is due rests because it was restarted too often (ms since 1970); undefined: it was not. Those before `forgiven` do not count. */
export function restsUntil({ restarted = [] }: Due, forgiven: Date | undefined): number | undefined {
  const times = restarted.map((at) => Date.parse(at)).filter((at) => at > (forgiven?.getTime() ?? 0));
  const [first, last] = [times.at(-OFTEN), times.at(-1)];
  return first !== undefined && last !== undefined && last - first <= OFTEN_MS ? last + REST_MS : undefined;
}

const DAY_MS = 86_400_000;

export const emptyMemory = (key: string): RestartMemory => ({ version: 1, key, workloads: {} });

/**
 * Compares what is there with what the pods are known to have seen. What is met for the first time is taken for seen: a
 * start restarts nothing. Answers with the memory that says so, too.
 *
 * @param isGone whether a workload that is not among them is known not to be there, or not to want restarts any more
 */
export function compareSeen(
  memory: RestartMemory,
  workloads: readonly Restartable[],
  isGone: (id: string) => boolean,
  now: Date,
): { due: Due[]; memory: RestartMemory } {
  const due: Due[] = [];
  const there = new Set(workloads.map(({ identity }) => idOf(identity)));
  const kept = Object.entries(memory.workloads).filter(([id]) => !there.has(id) && !isGone(id));
  const entries = workloads.map((workload) => {
    const { identity, uid } = workload;
    const before = memory.workloads[idOf(identity)];
    const seen = { ...(before?.uid === uid && before.seen) };
    const changed: string[] = [];
    const sees: Record<string, string> = {};
    for (const [name, hash] of workload.now) {
      if (hash === undefined) continue;
      sees[name] = hash;
      if (seen[name] !== undefined && seen[name].hash !== hash) changed.push(name);
      seen[name] = { hash: seen[name]?.hash ?? hash };
    }
    for (const [name, one] of Object.entries(seen)) {
      if (workload.now.has(name)) continue;
      // It may be deleted and made again; nothing of it changed then.
      const left = one.left ?? now.toISOString();
      if (now.getTime() - Date.parse(left) < DAY_MS) seen[name] = { ...one, left };
      else delete seen[name];
    }
    const own = before?.uid === uid ? before : undefined;
    if (changed.length > 0) due.push({ identity, uid, changed, sees, restarted: own?.restarted });
    return [idOf(identity), { ...own, uid, seen }] as const;
  });
  const all = [...kept, ...entries].filter(([, { seen }]) => Object.keys(seen).length > 0);
  return { due, memory: { ...memory, workloads: Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1))) } };
}

/** The memory after a rollout of restarts: pods that were made anew have seen what was there when it was planned. */
export function memoryAfter(memory: RestartMemory, { steps }: Plan, outcome: Outcome): RestartMemory {
  const workloads = { ...memory.workloads };
  for (const [index, step] of steps.entries()) {
    if (step.kind !== 'roll' || outcome.steps[String(index)]?.state !== 'done') continue;
    const before = workloads[idOf(step.entry)];
    if (before?.uid !== step.uid) continue;
    const { restarted = [] } = before;
    const times = restarted.at(-1) === step.at ? restarted : [...restarted, step.at].slice(-OFTEN);
    workloads[idOf(step.entry)] = { ...withSeen(before, step.sees), restarted: times };
  }
  return { ...memory, workloads };
}

/** What a workload's pods have seen, with this in place of what they saw of it before. */
export function withSeen<T extends RestartMemory['workloads'][string]>(before: T, sees: Record<string, string>): T {
  const now = Object.entries(sees).map(([name, hash]) => [name, { hash }] as const);
  return { ...before, seen: { ...before.seen, ...Object.fromEntries(now) } };
}

/** A rollout that makes pods anew and does nothing else: `at` (RFC 3339) goes onto the pod templates. */
export function restartPlan(
  due: readonly Due[],
  { kindOf, at, ...common }: Pick<Plan, 'rollout' | 'target' | 'commit' | 'namespace'> & RestartDetails,
): Plan {
  const steps = due.map(({ identity, uid, changed, sees }): RollStep => {
    const kind = kindOf(identity);
    const path = pathOf(kind, identity.namespace, identity.name);
    const reason = `${changed.join(', ')} changed`;
    return { kind: 'roll', entry: foreignEntry(identity, kind), path, place: NOWHERE, reason, uid, at, sees };
  });
  return { version: 1, ...common, restarts: true, steps, moved: [], gone: [], kept: [] };
}

interface RestartDetails {
  kindOf: (identity: Identity) => ResourceKind;
  at: string;
}

/** In no file: it may be anybody's. */
const NOWHERE = [0, 0, '', '', 0] as const;

const foreignEntry = (identity: Identity, { version }: ResourceKind): InventoryObject => ({
  ...{ ...identity, version, source: '', order: NOWHERE, hash: '', outcome: 'done' },
});

/** `restart  Deployment/shop/web  (ConfigMap/web changed)`, a line each. */
export const restartLines = (steps: readonly Plan['steps'][number][]): string[] =>
  steps.map(({ entry, reason }) => `  restart   ${nameOf(entry)}  (${reason})`);
