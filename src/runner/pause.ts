const SHORTEST_MS = 50;
const LONGEST_MS = 1_000;

/** The pause before the next look at something that was waited for so long, in ms: nothing is seen more than a tenth too late. */
export const pauseAfter = (waited: number): number => Math.min(LONGEST_MS, Math.max(SHORTEST_MS, waited / 10));
