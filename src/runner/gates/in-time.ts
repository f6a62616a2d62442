import { isJob } from '../../domain/kinds.ts';
import { FIELD_MANAGER } from '../../domain/stamps.ts';
import type { Ended, Gate } from './gate.ts';
import { ranFor } from './job.ts';
import type { Pod, Workload } from './shapes.ts';
import { appliedAt, troublesOf } from './trouble.ts';
import { failed, type Verdict } from './verdict.ts';

/** What one look at a gate's object said; `pods`: the current ones, only when they were looked at. */
export interface Look {
  verdict: Verdict;
  workload?: Workload | undefined;
  pods?: Pod[];
  /** An image is being pulled for one of them; only when they were looked at. */
  pulling?: boolean;
  /** A Job of this group or an earlier one is unfinished. */
  jobsUnfinished: boolean;
}

/** Wall time and monotonic time of a look, in ms; `hurryFrom`: when something else of the group failed, monotonic. */
export interface Times {
  now: number;
  elapsed: number;
  hurryFrom: number;
  /** A Job whose pods have run for longer than this is left for later. */
  leaveJobsAfter: number;
}

/** After a failure the neighbours get this long to become ready, in ms. */
const HURRY_MS = 30_000;

/** A look and the time together: ready, a definite cause, time used up, or undefined: look again. Remembers troubles in `gate`. */
export function judgeInTime(gate: Gate, look: Look, times: Times): Ended | undefined {
  const { verdict, workload, pods } = look;
  if (verdict.state === 'ready') return verdict;
  if (verdict.state === 'failed') {
    const [trouble] = pods ? troublesOf(pods, { jobsUnfinished: false, isJob: true, appliedAt: 0 }) : [];
    return failed([verdict.reason, trouble?.reason].filter((text) => text !== undefined).join('; '));
  }
  if (pods && workload) {
    const definite = definiteTrouble(gate, workload, pods, look.jobsUnfinished, times.elapsed);
    if (definite) return failed(definite.reason, causeOf(definite.passing));
    if (isJob(gate.step.entry) && gate.step.wait !== 'complete' && ranFor(pods, times.now) > times.leaveJobsAfter) {
      return { state: 'later', reason: 'it ran for long: waited for at the end of its group' };
    }
  }
  const waited = times.elapsed - gate.begin - pullTime(gate, look.pulling, times.elapsed);
  const reason = [verdict.reason, gate.text].filter((text) => text !== '').join('; ');
  const { timeout, proven } = gate.step;
  if (waited >= timeout * 1_000) {
    return failed(`not ready after ${timeout} s: ${reason}`, causeOf(gate.passing || proven));
  }
  // It may still become ready: what failed beside it is to blame.
  if (!gate.isOrdo && times.elapsed - times.hurryFrom >= HURRY_MS) {
    return failed(`not ready when something else failed: ${reason}`, 'passing');
  }
  return undefined;
}

const causeOf = (passing: boolean | undefined) => (passing === true ? 'passing' : undefined);

/** The longest that pulling is not counted, in ms: a pull that never ends is a failure too. */
const PULL_MS = 30 * 60_000;

/** How long the pods of this gate have been pulling images since it was opened, in ms; adds what has passed since the last look. */
function pullTime(gate: Gate, pulling: boolean | undefined, elapsed: number): number {
  if (gate.pullSeen !== undefined) gate.pulled = Math.min(PULL_MS, gate.pulled + elapsed - gate.pullSeen);
  gate.pullSeen = (pulling ?? gate.pullSeen !== undefined) ? elapsed : undefined;
  return gate.pulled;
}

function definiteTrouble(gate: Gate, workload: Workload, pods: readonly Pod[], jobsUnfinished: boolean, now: number) {
  const facts = { jobsUnfinished, isJob: isJob(gate.step.entry), appliedAt: appliedAt(workload, FIELD_MANAGER) };
  const troubles = troublesOf(pods, facts);
  gate.text = troubles[0]?.reason ?? '';
  gate.passing = troubles.length > 0 && troubles.every(({ passing }) => passing);
  gate.troubles = new Map(troubles.map(({ key }) => [key, gate.troubles.get(key) ?? now]));
  return troubles.find(({ key, after }) => now - (gate.troubles.get(key) ?? now) >= after);
}
