import type { Client } from './cluster/client.ts';
import type { RolloutStore } from './cluster/rollout.ts';
import { isAtWork, readSelf } from './cluster/self.ts';
import type { State, StateStore } from './cluster/state.ts';
import type { Settings } from './config/settings.ts';
import { dorisInTheWay } from './doris.ts';
import type { HistoryEntry } from './domain/history.ts';
import { nameOf } from './domain/identity.ts';
import { known, type Known } from './domain/known.ts';
import type { Outcome } from './domain/outcome.ts';
import { isActive, type Plan } from './domain/plan.ts';
import { observationAsText, observe, type Observation } from './observe.ts';
import { makePlan } from './plan/plan.ts';
import { stampedManifests } from './plan/stamp.ts';
import { planAsText } from './plan/text.ts';
import { whyFailed } from './failure.ts';
import { pauseAfterFailure } from './pause.ts';
import { readState } from './recover.ts';
import { beginEntry, recordEnd, recordQuietly, verify } from './record.ts';
import type { Sources } from './sources.ts';
import type { Status } from './status.ts';
import { ExternalError } from './util/errors.ts';
import type { Clock } from './util/clock.ts';
import type { Logger } from './util/logger.ts';

export interface ControllerOptions {
  client: Client;
  store: StateStore;
  rollouts: RolloutStore;
  namespace: string;
  pod: string;
  clock: Clock;
  status: Status;
  /** Called as soon as the API server has answered and the state was read. */
  onState: () => void;
}

const STOPPED =
  'stopped by the annotation ordo.dev/suspend on ConfigMap ordo-inventory; it goes on when the annotation is gone';

/** How a pass ended, which decides when the next one starts. `failed`: a rollout failed; it is repeated after a pause, or at once when something changes. */
export type PassResult = 'idle' | 'done' | 'failed' | 'unknown';

/** What the last pass saw when there was nothing left to do: as long as it stays so, a pass costs two conditional requests. */
interface Settled {
  /** The state's version: what is stored may be lost, or put back from a backup. */
  state: string;
  commit: string;
  digests: ReadonlyMap<string, Known<string>>;
  settings: string;
}

/** One controller: each call of the returned function is one pass. It acts on what it sees, never on what it remembers; what it remembers only saves work. */
export function createController(options: ControllerOptions) {
  const { client, store, rollouts, namespace, pod, clock, status, onState } = options;
  let settled: Settled | undefined;
  /** Something of finished rollouts may be there still, left by this controller or by one before it. */
  let untidy = true;
  let reported = '';
  let waitsFor: string | undefined;

  return async function pass(
    settings: Settings,
    sources: Sources,
    log: Logger,
    signal: AbortSignal,
  ): Promise<PassResult> {
    const state = await readState(options, log);
    onState();
    const unfinished = await adopt(state, log);
    if (unfinished === 'elsewhere') return 'failed';
    if (unfinished) return finish(unfinished, log, signal);
    if (untidy) untidy = await rollouts.tidy(state.inventory.rollout);

    const head = await sources.head();
    if (!head.known) return unknownPass('head commit', head.reason, log);
    const isSame = settled?.commit === head.value && settled.state === state.version;
    if (settled && isSame && (await isSettled(settled, settings, sources))) {
      status.unchanged();
      return 'idle';
    }
    const seen = clock.now();
    const commit = await nextCommit(head.value, state, settings, sources);
    if (!commit.known) return unknownPass('history', commit.reason, log);
    const observed = await observe(commit.value, state, settings, { client, store, sources, namespace });
    if (!observed.known) return unknownPass('repository', observed.reason, log);
    const { input, fingerprint, digests } = observed.value;
    const plan = makePlan(input);
    reported = reportProblems(observed.value, plan, reported, log);
    const text = observationAsText(observed.value, plan);
    const doris = await dorisInTheWay(client, input);
    if (doris !== undefined && doris !== waitsFor) log.warn({ reason: doris }, 'held');
    waitsFor = doris;
    if (doris !== undefined) {
      status.planned(text, true, doris);
      return 'idle';
    }
    if (!plan.steps.some(isActive)) {
      await recordQuietly(store, state, plan);
      if (state.sha !== plan.commit) log.info({ commit: plan.commit }, 'commit changes nothing');
      if (commit.value !== head.value) return 'done';
      const complete = plan.steps.length === 0 && [...digests.values()].every((digest) => digest.known);
      settled = complete
        ? { state: state.version, commit: plan.commit, digests, settings: JSON.stringify(settings) }
        : undefined;
      status.planned(text, false);
      return 'idle';
    }
    if (state.isSuspended) {
      status.planned(text, true, STOPPED);
      return 'idle';
    }
    const history = await state.history();
    const pause = pauseAfterFailure(history, fingerprint, clock.now());
    if (pause > 0) {
      const seconds = Math.ceil(pause / 1000);
      const [last] = history;
      const reason = last && whyFailed(last);
      log.info({ commit: plan.commit, seconds, reason }, 'the same rollout failed, waiting for a change');
      status.planned(text, true, `${reason}; it is tried again in ${seconds} s or when something changes`);
      return 'failed';
    }
    if (!(await begin(observed.value, plan, state, seen, log))) return 'failed';
    status.running(plan.rollout, text);
    return finish(plan, log, signal);
  };

  /** Creates the Job with its Secrets, records the begin, lets it run. False: another controller began this number first. */
  async function begin(
    { input, fingerprint }: Observation,
    plan: Plan,
    state: State,
    seen: Date,
    log: Logger,
  ): Promise<boolean> {
    const manifests = stampedManifests(plan, input.desired);
    const self = await readSelf(client, namespace, pod);
    if (!(await rollouts.prepare({ plan, manifests }, self, deadlineSeconds(plan)))) {
      log.warn({ rollout: plan.rollout }, 'another controller began this rollout first');
      return false;
    }
    const entry = beginEntry(plan, fingerprint, seen, clock.now());
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
    if (job.pod !== '' && job.pod !== pod && (await isAtWork(client, namespace, job.pod))) {
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

  async function finish(plan: Plan, log: Logger, signal: AbortSignal): Promise<PassResult> {
    const { outcome: said, ended } = await rollouts.follow(plan.rollout, () => store.isSuspended(), signal);
    log.info({ rollout: plan.rollout, state: said?.state, ended }, 'outcome read');
    const running: Outcome = said ?? { version: 1, rollout: plan.rollout, state: 'running', steps: {} };
    const outcome =
      ended === undefined ? running : { ...running, state: 'failed' as const, reason: `the Job ended early: ${ended}` };
    const [seen, state] = await Promise.all([verify(client, plan, outcome), readState(options, log)]);
    // Whoever took this controller for gone was quicker.
    if (state.inventory.rollout >= plan.rollout) return 'done';
    const entry = await recordEnd(store, state, plan, seen, clock.now());
    untidy = await rollouts.tidy(plan.rollout);
    reportEnd(entry, log);
    return entry.state === 'done' ? 'done' : 'failed';
  }

  function unknownPass(what: string, reason: string, log: Logger): PassResult {
    log.warn({ what, reason }, 'not known, everything stays as it is');
    status.unknown(what, reason);
    return 'unknown';
  }
}

/**
 * The oldest commit that was not rolled out yet. After a failure, a forced push or a long gap the newest: a bad commit
 * never blocks its own fix. Before the first rollout the newest too: the SHA that is there is DORIS's.
 */
async function nextCommit(
  head: string,
  { sha, history, inventory }: State,
  { commits }: Settings,
  sources: Sources,
): Promise<Known<string>> {
  if (commits === 'newest' || sha === undefined || sha === head) return known(head);
  if (inventory.rollout === 0 || (await history())[0]?.state === 'failed') return known(head);
  const since = await sources.commitsSince(sha, head);
  return since.known ? known(since.value[0] ?? head) : since;
}

async function isSettled(settled: Settled, settings: Settings, sources: Sources): Promise<boolean> {
  if (settled.settings !== JSON.stringify(settings)) return false;
  const digests = await sources.digests(settled.digests.keys());
  // A registry that does not answer says nothing new: what is deployed stays.
  return [...digests].every(([image, digest]) => {
    const before = settled.digests.get(image);
    return !digest.known || (before?.known === true && before.value === digest.value);
  });
}

/** The Job's own deadline: every gate may take its time, one after another, and an hour for the work. */
function deadlineSeconds({ steps }: Plan): number {
  const gates = steps.map((step) => ('timeout' in step ? step.timeout : 300));
  return 3600 + gates.reduce((sum, seconds) => sum + seconds, 0);
}

/** Says what is not usable or held, when it is not what was said last; answers with what is said now. */
function reportProblems({ input }: Observation, plan: Plan, before: string, log: Logger): string {
  const problems = input.problems.filter(({ severity }) => severity !== 'note');
  const held = plan.steps.filter(({ kind }) => kind === 'hold');
  const now = JSON.stringify([problems, held]);
  if (now === before) return now;
  for (const { path, document, reason } of problems) log.warn({ path, document, reason }, 'repository problem');
  for (const { entry, reason } of held) log.warn({ object: nameOf(entry), reason }, 'step held');
  return now;
}

function reportEnd({ rollout, commit, state, reason, steps }: HistoryEntry, log: Logger): void {
  const failed = steps.filter((step) => step.state === 'failed');
  if (state === 'done') log.info({ rollout, commit }, 'rollout done');
  else log.error({ rollout, commit, state, reason, failed }, 'rollout failed');
}
