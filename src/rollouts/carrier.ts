import type { Client } from '../cluster/client.ts';
import type { DriftWatch } from '../cluster/drift-watch.ts';
import type { Events } from '../cluster/events.ts';
import type { GoodStore } from '../cluster/good.ts';
import type { RolloutStore, Watched } from '../cluster/rollout.ts';
import { isAtWork, readSelf, type Self } from '../cluster/self.ts';
import type { State, StateStore } from '../cluster/state.ts';
import type { Settings } from '../config/settings.ts';
import type { Bundle } from '../domain/bundle.ts';
import type { CommitAbout } from '../domain/commit.ts';
import type { HistoryEntry } from '../domain/history.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Plan, Rollout } from '../domain/plan.ts';
import { readState } from '../observe/recover.ts';
import { planAsText } from '../plan/text.ts';
import { endNotices, stuckNotice } from '../report/notices.ts';
import { reportEnd } from '../report/rollout-end.ts';
import type { Status } from '../report/status.ts';
import type { Clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';
import { beginEntry, recordEnd, verify } from './record.ts';

export interface CarrierOptions {
  client: Client;
  store: StateStore;
  rollouts: RolloutStore;
  goods: GoodStore;
  namespace: string;
  pod: string;
  clock: Clock;
  status: Status;
  /** Where people see what happened; left out where Ordo may write none. */
  events?: Events;
  /** Learns what a rollout has shown to pods, before its end is recorded. */
  restarts: { ended(rollout: RolledOut): Promise<void> };
  /** What others did to Ordo's objects; left out by a run that ends: it looks for itself. */
  watch?: DriftWatch;
}

/** A rollout that is to begin: what its Job gets, and what the history says of it. */
export interface Intent extends Rollout {
  /** Equal for rollouts that want the same. */
  fingerprint: string;
  /** When the change was seen. */
  seen: Date;
  /** Of a rollback: what stays as the failed version made it. */
  notReversed?: string[];
  /** What its commit says of itself; undefined where that is not known. */
  about?: CommitAbout | undefined;
  /** Who asked for it on the command line. */
  by?: string | undefined;
}

/** A rollout that has ended. */
export interface RolledOut {
  plan: Plan;
  /** As the cluster confirms it. */
  outcome: Outcome;
  /** As it was before. */
  inventory: Inventory;
  /** Reads what was sent, by step index. */
  manifests: () => Promise<Record<string, object>>;
}

/** What a rollout is followed with. */
export interface Following {
  settings: Pick<Settings, 'onFailure'>;
  /** A commit for which it may stop while it waits; left out: for none. */
  newer?: () => Promise<string | undefined>;
  log: Logger;
  signal: AbortSignal;
}

const NEVER = async (): Promise<undefined> => undefined;

export type Carrier = ReturnType<typeof createCarrier>;

/** Carries rollouts through the cluster: begins them, takes over those of others, records how they end. */
export function createCarrier(options: CarrierOptions) {
  const { client, store, rollouts, goods, namespace, pod, clock, status, events } = options;
  /** Something of finished rollouts may be there still, left by this controller or by one before it. */
  let untidy = true;
  /** Stays for as long as this process runs in it. */
  let self: Self | undefined;
  return { carryOut, adopt, finish, tidy };

  /** Takes away what finished rollouts have left; costs nothing when it is known that nothing is. */
  async function tidy({ inventory }: State): Promise<void> {
    if (untidy) untidy = await rollouts.tidy(inventory.rollout);
  }

  /**
   * Begins a rollout and follows it to its end; undefined: another controller began this number first. It keeps no manifest
   * meanwhile: neither should its caller, by awaiting it where the plan was made.
   *
   * @param text what `ordo plan` says while it runs
   */
  async function carryOut(
    intent: Intent,
    state: State,
    following: Following,
    text = planAsText(intent.plan, []),
  ): Promise<'done' | 'failed' | undefined> {
    if (!(await begin(intent, state, following.log))) return undefined;
    status.running(intent.plan.rollout, text);
    return finish(intent.plan, following);
  }

  /** Creates the Job with its Secrets, records the begin, lets it run. False: another controller began this number first. */
  async function begin(intent: Intent, state: State, log: Logger): Promise<boolean> {
    const { plan, manifests } = intent;
    self ??= await readSelf(client, namespace, pod);
    if (!(await rollouts.prepare({ plan, manifests }, self, deadlineSeconds(plan)))) {
      log.warn({ rollout: plan.rollout }, 'another controller began this rollout first');
      return false;
    }
    const entry = beginEntry(intent, clock.now());
    const before = await state.history();
    await store.writeHistory([entry, ...before.filter(({ rollout }) => rollout !== plan.rollout)]);
    await rollouts.setSuspended(plan.rollout, false);
    log.info({ rollout: plan.rollout, commit: plan.commit, steps: plan.steps.length }, 'rollout began');
    return true;
  }

  /**
   * The plan of a rollout whose end is not recorded: a controller before this one began it; elsewhere: another one that is
   * still at work. One that never began is taken away, to be planned anew.
   */
  async function adopt(state: State, log: Logger): Promise<Plan | 'elsewhere' | undefined> {
    const rollout = state.inventory.rollout + 1;
    const job = await rollouts.find(rollout);
    if (job === undefined) return undefined;
    if (job.pod !== '' && job.pod !== pod && (await isAtWork(client, namespace, job.pod, clock.now()))) {
      log.warn({ rollout, pod: job.pod }, 'another controller carries out this rollout');
      status.running(rollout, `by another controller, in pod ${job.pod}`);
      return 'elsewhere';
    }
    if (!job.begun) {
      log.warn({ rollout }, 'a rollout that never began is taken away');
      await rollouts.removeJob(rollout, job.uid);
      throw new ExternalError(`rollout ${rollout} is being taken away to be planned anew`);
    }
    const { plan } = await rollouts.readRollout(rollout, job.uid);
    log.info({ rollout, commit: plan.commit }, 'rollout adopted');
    status.running(rollout, planAsText(plan, []));
    return plan;
  }

  /** Follows a rollout to its end and records it. done: the next pass has something to do at once. */
  function finish(plan: Plan, following: Following): Promise<'done' | 'failed'> {
    const { watch } = options;
    return watch ? watch.during(() => followed(plan, following)) : followed(plan, following);
  }

  async function followed(plan: Plan, { settings, newer = NEVER, log, signal }: Following): Promise<'done' | 'failed'> {
    // Whatever comes of it: the next pass takes away what it leaves, which is not before its Job has ended.
    untidy = true;
    const watched: Watched = {
      isSuspended: () => store.isSuspended(),
      newer,
      onWaiting: (lines) => status.waiting(lines),
      onStuck: stuckReport(plan.rollout, log),
    };
    const { outcome: said, ended } = await rollouts.follow(plan.rollout, watched, signal);
    log.info({ rollout: plan.rollout, state: said?.state, ended }, 'outcome read');
    const running: Outcome = said ?? { version: 1, rollout: plan.rollout, state: 'running', steps: {} };
    const outcome =
      ended === undefined ? running : { ...running, state: 'failed' as const, reason: `the Job ended early: ${ended}` };
    const [seen, state] = await Promise.all([verify(client, plan, outcome), readState(options, log)]);
    // Whoever took this controller for gone was quicker.
    if (state.inventory.rollout >= plan.rollout) return 'done';
    const { onFailure } = settings;
    const manifests = () => rollouts.readManifests(plan.rollout);
    await options.restarts.ended({ plan, outcome: seen, inventory: state.inventory, manifests });
    const end = { plan, outcome: seen, manifests, onFailure, now: clock.now() };
    // Who sees it recorded and asks for the plan is told what the next pass says.
    status.over();
    const { entry, goesOn } = await recordEnd({ store, goods }, state, end);
    reportEnd(entry, await whyFailed(entry), log);
    await events?.tell(endNotices(entry), log);
    return entry.state === 'done' || goesOn ? 'done' : 'failed';
  }

  /** Tells log and status why nobody carries out a rollout, once for each reason. */
  function stuckReport(rollout: number, log: Logger): Watched['onStuck'] {
    let stuck: string | undefined;
    return (reason) => {
      if (reason === stuck) return;
      if (reason !== undefined) {
        log.warn({ rollout, reason }, 'nobody carries out the rollout');
        void events?.tell([stuckNotice(rollout, reason)], log);
      } else log.info({ rollout }, 'the rollout goes on');
      stuck = reason;
      status.stuck(reason);
    };
  }

  /** For the log alone: nothing depends on it. */
  async function whyFailed({ rollout, state }: HistoryEntry): Promise<Bundle | undefined> {
    return state === 'done' ? undefined : rollouts.readBundle(rollout).catch(() => undefined);
  }
}

/** The Job's own deadline: every gate may take its time, one after another, and an hour for the work. */
function deadlineSeconds({ steps }: Plan): number {
  const gates = steps.map((step) => ('timeout' in step ? step.timeout : 300));
  return 3600 + gates.reduce((sum, seconds) => sum + seconds, 0);
}
