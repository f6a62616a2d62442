import { setTimeout as sleep } from 'node:timers/promises';

/** The only way to time: a test hands in a clock of its own. */
export interface Clock {
  /** Wall time in ms since 1970, for what people read and for comparing with the cluster's times. */
  now(): number;
  /** Monotonic ms, for durations: a device may get its time from the network in the middle of a rollout. */
  elapsed(): number;
  /** Rejects at once when `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};
