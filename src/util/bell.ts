/** Cuts a pause short. */
export interface Bell {
  ring(): void;
  /** Aborted by the first ring from now on: taken before the work that the pause follows, it misses none. */
  next(): AbortSignal;
}

export function createBell(): Bell {
  let next = new AbortController();
  return {
    ring: () => next.abort(),
    next() {
      next = new AbortController();
      return next.signal;
    },
  };
}
