import type { Client } from '../cluster/client.ts';
import { StateError } from '../cluster/config-maps.ts';
import { readMemory, type StoredMemory } from '../cluster/restart-memory.ts';
import { untilListed, watchForRestarts, type RestartWatch } from '../cluster/restart-watch.ts';
import type { State } from '../cluster/state.ts';
import type { Settings } from '../config/settings.ts';
import { nameOf } from '../domain/identity.ts';
import type { RestartMemory } from '../domain/restarts.ts';
import { TARGET } from '../observe/recorded.ts';
import { compareSeen, emptyMemory, memoryAfter, restartPlan, type Due } from '../plan/restarts.ts';
import { closedReason } from '../plan/window.ts';
import type { Intent, RolledOut } from '../rollouts/carrier.ts';
import type { Clock } from '../util/clock.ts';
import type { Logger } from '../util/logger.ts';
import { createTurns } from '../util/turns.ts';
import { shownByGit } from './by-git.ts';
import { createTargets, kindOf } from './targets.ts';
import { createRestartTimes } from './times.ts';

export interface RestartsOptions {
  client: Client;
  /** Ordo's own. */
  namespace: string;
  clock: Clock;
  random: () => number;
  log: Logger;
  /** Called when a pass has something to do. */
  ring: () => void;
  /** Changes that come so close together are one restart, in ms. */
  together?: number;
  signal: AbortSignal;
}

export type Restarts = ReturnType<typeof createRestarts>;

const TOGETHER_MS = 10_000;
/** Events come in crowds: one look for all of them, in ms. */
const LOOK_AFTER_MS = 200;
const LOOK_AGAIN_MS = 10_000;

/**
 * Sees when configuration changes and says which workloads are to be restarted for it; their restarts are rollouts like all
 * others. Works for objects of whoever made them. What decides is what is there and what the pods have seen, never an event.
 */
export function createRestarts(options: RestartsOptions) {
  const { client, namespace, clock, random, log, ring, together = TOGETHER_MS, signal } = options;
  const turns = createTurns();
  const targets = createTargets(client);
  let watch: RestartWatch | undefined;
  let where: string | undefined;
  let stored: StoredMemory | undefined;
  let memory: RestartMemory = emptyMemory('');
  let due: Due[] = [];
  const times = createRestartTimes(together, random);
  let problems: readonly string[] = [];
  let waits: string | undefined;
  /** When a person last asked to try again what failed. */
  let retried: string | undefined;
  /** When the next look comes, in ms since 1970. */
  let planned = Infinity;
  let timer: NodeJS.Timeout | undefined;
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return { follow, next, ended, notes, isDue: () => due.length > 0, rests, ready };

  /** Watches these namespaces; undefined: all, none of them: nothing. */
  function follow(namespaces: Settings['restartNamespaces']): void {
    const wanted = JSON.stringify(namespaces ?? 'all');
    if (wanted === where) return;
    watch?.stop();
    where = wanted;
    watch = undefined;
    targets.reset();
    [due, problems] = [[], []];
    if (namespaces?.length === 0) return;
    const { matters } = targets;
    watch = watchForRestarts(client, {
      namespaces,
      matters,
      onChange: () => soon(LOOK_AFTER_MS),
      clock,
      random,
      signal,
    });
  }

  /** Looks after a while, unless a look is to come before that anyway. */
  function soon(ms: number): void {
    const at = clock.now().getTime() + ms;
    if (signal.aborted || at >= planned) return;
    clearTimeout(timer);
    planned = at;
    timer = setTimeout(() => {
      planned = Infinity;
      void turns(tryLook).then((isKnown) => isKnown && wake());
    }, ms);
  }

  /** A look whose trouble is nobody else's. Answers whether there was none. */
  async function tryLook(): Promise<boolean> {
    try {
      await look();
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      say([`what is to be restarted is not known: ${(error as Error).message}`]);
      stored = undefined;
      soon(LOOK_AGAIN_MS);
      return false;
    }
  }

  /** Rings when something is due; else comes back when it is. */
  function wake(): void {
    const now = clock.now().getTime();
    const next = Math.min(...due.map((one) => times.readyAt(one)));
    if (next <= now) ring();
    else if (next !== Infinity) soon(next - now);
  }

  /** Holds what is there against what the pods have seen. Throws what the cluster or the memory says. */
  async function look(): Promise<void> {
    if (watch === undefined || !watch.isReady()) return;
    stored ??= await loaded();
    const found = await targets.read(watch, stored.key.hasher);
    const now = clock.now();
    const compared = compareSeen(memory, found.workloads, (id) => isGone(id), now);
    await remember(compared.memory);
    due = compared.due;
    for (const one of times.update(due, now)) {
      const [object, reason] = [nameOf(one.identity), times.reasonOf(one)];
      if (reason !== undefined) log.warn({ object, changed: one.changed, reason }, 'a restart is due, and waits');
      else log.info({ object, changed: one.changed }, 'configuration changed, a restart is due');
    }
    say([...watch.troubles(), ...found.problems]);
  }

  /** Known not to be there, or not to want restarts; or nobody looks any more. */
  function isGone(id: string): boolean {
    const [group = '', kind = '', place = ''] = id.split('/');
    const isListed = watch?.isListed({ group, kind, namespace: place }) ?? false;
    return !watch?.marked.has(id) && (isListed || !isWatched(place));
  }

  function isWatched(place: string): boolean {
    const namespaces = JSON.parse(where ?? '"all"') as 'all' | string[];
    return namespaces === 'all' || namespaces.includes(place);
  }

  async function loaded(): Promise<StoredMemory> {
    const read = await readMemory(client, namespace);
    const { key } = read;
    if (read.memory?.key !== key.id) targets.reset();
    memory = read.memory?.key === key.id ? read.memory : emptyMemory(key.id);
    return read;
  }

  async function remember(next: RestartMemory): Promise<void> {
    if (JSON.stringify(next) === JSON.stringify(memory)) return;
    await stored?.write(next);
    memory = next;
  }

  /** Once in the log, and in `ordo plan` as long as it is so. */
  function say(now: readonly string[]): void {
    for (const problem of now.filter((one) => !problems.includes(one))) log.warn({ problem }, 'restarts');
    problems = now;
  }

  /** The rollout of what is due now; undefined: nothing is, or nothing may be restarted now. */
  async function next(
    state: State,
    settings: Pick<Settings, 'restartNamespaces' | 'updateWindow'>,
    passLog: Logger,
  ): Promise<Intent | undefined> {
    follow(settings.restartNamespaces);
    const now = clock.now();
    waits = undefined;
    const asked = state.inventory.retried?.at;
    if (asked !== retried) times.forgive(asked === undefined ? undefined : new Date(asked));
    retried = asked;
    if (stored && stored.key.id !== state.key.id) stored = undefined;
    if (stored === undefined || due.length === 0) return undefined;
    if (!(await turns(tryLook))) return undefined;
    const ripe = times.ripe(due, now);
    if (ripe.length === 0) return undefined;
    waits = state.isSuspended
      ? 'stopped by the annotation ordo.dev/suspend on ConfigMap ordo-inventory'
      : settings.updateWindow && closedReason(settings.updateWindow, now)?.replace(/ \(.*$/, '');
    if (waits !== undefined) return undefined;
    const { rollout, commit } = state.inventory;
    const at = `${now.toISOString().slice(0, 19)}Z`;
    const plan = restartPlan(ripe, { rollout: rollout + 1, target: TARGET, commit, namespace, kindOf, at });
    passLog.info({ rollout: plan.rollout, objects: ripe.map(({ identity }) => nameOf(identity)) }, 'restarts');
    const seen = new Date(Math.min(...ripe.map((one) => times.sinceOf(one) ?? now.getTime())));
    return { plan, manifests: {}, fingerprint: `restarts ${at}`, seen };
  }

  /** What pods that a rollout has made anew have seen is remembered before its end is: told again, it changes nothing. */
  function ended(end: RolledOut): Promise<void> {
    return turns(async () => {
      if (watch === undefined && !end.plan.restarts) return;
      try {
        await learn(end);
      } catch (error) {
        stored = undefined;
        // What cannot be read is a person's to mend, and must not keep a rollout from its end.
        if (!(error instanceof StateError)) throw error;
        say([`what is to be restarted is not known: ${error.message}`]);
      }
      soon(LOOK_AFTER_MS);
    });
  }

  async function learn(end: RolledOut): Promise<void> {
    const { plan, outcome } = end;
    stored ??= await loaded();
    if (plan.restarts) times.ended(plan, outcome, clock.now());
    const shown = plan.restarts
      ? memoryAfter(memory, plan, outcome)
      : await shownByGit(client, stored.key.hasher, memory, end);
    await remember(shown);
  }

  /** What people should know, a line each. */
  function notes(): string[] {
    const lines = due.map((one) => {
      const at = `${new Date(times.readyAt(one)).toISOString().slice(0, 19)}Z`;
      const reason = times.reasonOf(one);
      const when = reason === undefined ? (waits ?? `at ${at}`) : `${reason}, and is tried again at ${at}`;
      return `restart ${nameOf(one.identity)}: ${one.changed.join(', ')} changed; ${when}`;
    });
    return [...lines, ...problems.map((problem) => `restarts: ${problem}`)];
  }

  /** Whether anything that is due waits for longer, because it failed or comes too often. */
  function rests(): boolean {
    return due.some((one) => times.reasonOf(one) !== undefined);
  }

  /** Resolves when what is there was read once; rejects when it cannot be, or not within some time. */
  async function ready(): Promise<void> {
    if (watch) await untilListed(watch, clock, signal);
    await turns(look);
  }
}
