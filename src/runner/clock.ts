import { systemClock as system, type Clock as WallClock } from '../util/clock.ts';

/** The only way to time: a test hands in a clock of its own. */
export interface Clock extends WallClock {
  /** Monotonic ms, for durations: a device may get its time from the network in the middle of a rollout. */
  elapsed(): number;
}

export const systemClock: Clock = { ...system, elapsed: () => performance.now() };
