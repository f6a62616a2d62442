import type { Cause } from '../book.ts';
import type { Condition, Workload } from './shapes.ts';

/** What an object says of its own readiness. `note` is for people: passed without being ready in the full sense. */
export type Verdict =
  | { state: 'ready'; note?: string }
  | { state: 'waiting'; reason: string }
  | { state: 'failed'; reason: string; cause?: Cause };

/** Pure: the same object, the same verdict. */
export type Judge = (workload: Workload) => Verdict;

type In<State extends Verdict['state']> = Extract<Verdict, { state: State }>;

export const ready = (note?: string): In<'ready'> =>
  note === undefined ? { state: 'ready' } : { state: 'ready', note };
export const waiting = (reason: string): In<'waiting'> => ({ state: 'waiting', reason });
export const failed = (reason: string, cause?: Cause): In<'failed'> =>
  cause === undefined ? { state: 'failed', reason } : { state: 'failed', reason, cause };

/** Its status is about what was applied: before this, every other field may be about the version before. */
export function isObserved({ metadata, status }: Workload): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

export const unobserved = waiting('its controller has not looked at it yet');

/** The condition when it is True. */
export function met({ status }: { status?: { conditions?: Condition[] } }, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
}

/** Reason and message of a condition, as far as there are any. */
export function textOf(condition: Condition | undefined): string {
  return [condition?.reason, condition?.message].filter((text) => text !== undefined && text !== '').join(': ');
}
