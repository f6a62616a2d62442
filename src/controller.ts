import type { State } from './cluster/state.ts';
import type { Settings } from './config/settings.ts';
import { ofCommits } from './domain/history.ts';
import { updatesOrdo } from './domain/ordo.ts';
import { isActive, type Plan } from './domain/plan.ts';
import type { Asked } from './holds/asked.ts';
import { askedBy, recordPermissions, tryAgain } from './holds/decided.ts';
import { dorisInTheWay } from './holds/doris.ts';
import { guardedPlan } from './holds/guarded.ts';
import { overriding } from './holds/overriding.ts';
import { newerThan } from './observe/newer.ts';
import { aboutCommit, nextCommit } from './observe/next-commit.ts';
import { observationAsText, observe } from './observe/observe.ts';
import { reportProblems } from './observe/problems.ts';
import { readState } from './observe/recover.ts';
import { isComplete, isSettled, settledUntil, type Settled } from './observe/settled.ts';
import { makePlan } from './plan/plan.ts';
import { stampedManifests } from './plan/stamp.ts';
import { whyFailed } from './report/failure.ts';
import { heldNotices } from './report/notices.ts';
import { restartWhatIsDue } from './restarts/pass.ts';
import type { Restarts } from './restarts/restarts.ts';
import type { Alive } from './rollouts/alive.ts';
import { createCarrier, type CarrierOptions, type Following } from './rollouts/carrier.ts';
import { pauseAfterFailure } from './rollouts/pause.ts';
import { recordQuietly } from './rollouts/record.ts';
import { planRepair } from './rollouts/repair.ts';
import { rollBack } from './rollouts/rollback.ts';
import type { Sources } from './sources.ts';
import type { Logger } from './util/logger.ts';

export interface ControllerOptions extends CarrierOptions {
  /** What people asked for on the command line. */
  asked: Asked;
  /** Bytes that are free where images are unpacked; undefined where nobody can say. */
  freeDisk: () => Promise<number | undefined>;
  /** Called as soon as the API server has answered and the state was read. */
  onState: (state: State) => void;
  alive: Alive;
  restarts: Restarts;
}

interface Away {
  state: State;
  settings: Settings;
  log: Logger;
  signal: AbortSignal;
}

/** That another controller was first is looked at again after a while, as a failure is. */
const orFailed = (ended: 'done' | 'failed' | undefined): PassResult => ended ?? 'failed';

const STOPPED =
  'stopped by the annotation ordo.dev/suspend on ConfigMap ordo-inventory; it goes on when the annotation is gone';

/** How a pass ended, which decides when the next one starts. `failed`: a rollout failed; it is repeated after a pause, or at once when something changes. */
export type PassResult = 'idle' | 'done' | 'failed' | 'unknown';

/** One controller: each call of the returned function is one pass. It acts on what it sees, never on what it remembers; what it remembers only saves work. */
export function createController(options: ControllerOptions) {
  const { client, store, goods, namespace, clock, status, restarts, asked, freeDisk, onState, alive, watch, events } =
    options;
  const carrier = createCarrier(options);
  let settled: Settled | undefined;
  let reported = '';
  let toldHeld: ReadonlySet<string> = new Set();
  let waitsFor: string | undefined;
  let rests: string | undefined;
  let isAway = false;

  return async function pass(
    settings: Settings,
    sources: Sources,
    log: Logger,
    signal: AbortSignal,
  ): Promise<PassResult> {
    const stored = await readState(options, log);
    onState(stored);
    // Who begins a rollout writes it into the history at once: as long as nothing was written there is none.
    const unfinished = settled?.state === stored.version ? undefined : await carrier.adopt(stored, log);
    if (unfinished === 'elsewhere') return 'failed';
    const newer = newerThan(unfinished?.commit, sources, settings, clock);
    if (unfinished) {
      const looking = () => look(stored, settings, sources);
      return finishBeside(unfinished, looking, { settings, newer, log, signal });
    }
    await carrier.tidy(stored);
    const desk = { store, asked, log, rests: restarts.rests };
    let state = await overriding(await tryAgain(stored, desk, clock.now()), desk, clock.now());
    const back = await rollBack(options, carrier, state, { settings, newer, log, signal });
    if ('ended' in back) return back.ended;
    state = back.state;
    const restarted = await restartWhatIsDue({ restarts, carrier }, state, settings, { log, signal });
    if (restarted !== undefined) return restarted;

    const away = { state, settings, log, signal };
    // The network may take its time to say nothing.
    const early = isAway ? await repaired(away) : undefined;
    if (early) return early;
    const head = await sources.head();
    isAway = !head.known;
    if (!head.known) return (await repaired(away)) ?? (await unknownPass('head commit', head.reason, log));
    const isTime = settled !== undefined && clock.now() >= settled.until;
    const isSame =
      settled?.commit === head.value && settled.state === state.version && !isTime && watch?.isNews() !== true;
    if (settled && isSame && !asked.isWaiting() && (await isSettled(settled, settings, sources))) {
      status.unchanged();
      return 'idle';
    }
    settled = undefined;
    const seen = clock.now();
    const suspects = watch?.suspects();
    const commit = await nextCommit(head.value, state, settings, sources);
    if (!commit.known) return (await repaired(away)) ?? (await unknownPass('history', commit.reason, log));
    const observed = await observe(commit.value, state, settings, { client, store, goods, sources, namespace });
    if (!observed.known) return (await repaired(away)) ?? (await unknownPass('repository', observed.reason, log));
    const { fingerprint, digests, installed } = observed.value;
    watch?.expect(installed);
    const around = { client, sources, settings, sha: state.sha, now: seen, freeDisk };
    const releases = asked.releases();
    const requests = releases.map(({ request }) => request);
    const guarded = await guardedPlan(observed.value.input, around, requests);
    const { plan, input } = guarded;
    asked.seen(guarded);
    state = await recordPermissions(state, guarded, releases, desk);
    if (suspects) watch?.looked(suspects);
    await alive.give();
    reported = reportProblems(observed.value, plan, reported, log);
    const held = heldNotices(plan, toldHeld);
    toldHeld = held.told;
    // A run that ends would tell it once more each time.
    if (watch) await events?.tell(held.notices, log);
    const text = observationAsText(observed.value, plan);
    const isActing = plan.steps.some(isActive);
    // Where all is as it should be nobody is in the way.
    const doris = isActing || state.sha !== plan.commit ? await dorisInTheWay(client, input) : undefined;
    if (doris !== undefined && doris !== waitsFor) log.warn({ reason: doris }, 'held');
    waitsFor = doris;
    if (doris !== undefined) {
      status.planned(text, true, doris);
      return 'idle';
    }
    if (!isActing) {
      await recordQuietly(store, state, plan, { seen, about: () => aboutCommit(plan.commit, sources) });
      if (state.sha !== plan.commit && plan.behind === undefined)
        log.info({ commit: plan.commit }, 'commit changes nothing');
      if (plan.behind !== undefined && plan.behind !== rests)
        log.warn({ commit: plan.commit, reason: plan.behind }, 'groups stay behind');
      rests = plan.behind;
      if (commit.value !== head.value) return 'done';
      settled = isComplete(plan, digests)
        ? {
            ...{ state: state.version, commit: plan.commit, digests, settings: JSON.stringify(settings) },
            until: settledUntil(clock.now(), state.inventory),
          }
        : undefined;
      status.planned(text, plan.behind !== undefined, plan.behind);
      return plan.behind === undefined ? 'idle' : 'failed';
    }
    if (state.isSuspended) {
      status.planned(text, true, STOPPED);
      return 'idle';
    }
    const history = ofCommits(await state.history());
    const pause = pauseAfterFailure(history, fingerprint, clock.now(), state.inventory.retried?.rollout);
    if (pause > 0) {
      const [last] = history;
      const reason = last && whyFailed(last);
      const when = Number.isFinite(pause)
        ? `it is tried again in ${Math.ceil(pause / 1000)} s or`
        : 'it is tried again';
      if (reason !== rests)
        log.info({ commit: plan.commit, reason, when }, 'the same rollout failed, waiting for a change');
      rests = reason;
      status.planned(text, true, `${reason}; ${when} when something changes`);
      return 'failed';
    }
    rests = undefined;
    const manifests = stampedManifests(plan, input.desired);
    const by = askedBy(plan, state.inventory);
    const intent = { plan, manifests, fingerprint, seen, by, about: await aboutCommit(plan.commit, sources) };
    // Its pods may stay as they are, and the runner asks for their sign all the same.
    if (updatesOrdo(plan)) await alive.give(true);
    const following = { settings, newer: newerThan(head.value, sources, settings, clock), log, signal };
    return carrier.carryOut(intent, state, following, text).then(orFailed);
  };

  /** Follows a rollout; its runner may be waiting for a sign of life, which needs a look of its own. */
  async function finishBeside(plan: Plan, looking: () => Promise<void>, following: Following) {
    const ended = new AbortController();
    const sign = alive.giveAfter(looking, following.log, AbortSignal.any([following.signal, ended.signal]));
    try {
      return await carrier.finish(plan, following);
    } finally {
      ended.abort();
      await sign;
    }
  }

  /** What a pass does up to its plan, which nobody carries out. */
  async function look(state: State, settings: Settings, sources: Sources): Promise<void> {
    const head = await sources.head();
    if (!head.known) return;
    const observed = await observe(head.value, state, settings, { client, store, goods, sources, namespace });
    if (observed.known) makePlan(observed.value.input);
  }

  /** Undoes what others did as far as that goes without the outside; undefined when there is nothing to do. */
  async function repaired({ state, settings, log, signal }: Away): Promise<PassResult | undefined> {
    if (watch?.isNews() === false) return undefined;
    const intent = await planRepair({ ...options, watch }, state, settings);
    if (intent === undefined) return undefined;
    if (updatesOrdo(intent.plan)) await alive.give(true);
    return carrier.carryOut(intent, state, { settings, log, signal }).then(orFailed);
  }

  async function unknownPass(what: string, reason: string, log: Logger): Promise<PassResult> {
    status.unknown(what, reason);
    log.warn({ what, reason, since: status.unknownSince()?.since }, 'not known, everything stays as it is');
    await alive.give();
    return 'unknown';
  }
}
