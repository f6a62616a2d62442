import type { Clock } from '../clock.ts';
import type { Applying } from '../segments.ts';
import type { Verdict } from './verdict.ts';

/** One object that is waited for, with what the looks at it have left behind. Times are of the monotonic clock, in ms. */
export interface Gate extends Applying {
  /** When the waiting began. */
  begin: number;
  uid?: string | undefined;
  /** Ordo's own Deployment: one of its pods has to give a sign of life too, and it has its time whatever its neighbours do. */
  isOrdo?: boolean;
  /** A Job that was seen to have done its work. */
  succeeded?: boolean;
  /** First sight of each trouble that its pods have now. */
  troubles: Map<string, number>;
  /** How long its pods were pulling images, which does not count, in ms; and the last look that saw them do it. */
  pulled: number;
  pullSeen?: number | undefined;
  /** What its pods said last, and whether that may pass by itself. */
  text: string;
  passing: boolean;
}

/** How a gate ends. later: a Job that has run too long to be waited for at this place. */
export type Ended = Exclude<Verdict, { state: 'waiting' }> | { state: 'later'; reason: string };

export function openGate({ index, step }: Applying, clock: Pick<Clock, 'elapsed'>): Gate {
  return { index, step, begin: clock.elapsed(), troubles: new Map(), pulled: 0, text: '', passing: false };
}
