/** A time in which something need not go on. */
export interface Rest {
  /** Runs work, and lets nothing else go on meanwhile. One at a time. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Aborted when the next rest begins. */
  beginning(): AbortSignal;
  /** Resolves when there is none. */
  over(): Promise<void>;
}

export function createRest(): Rest {
  let beginning = new AbortController();
  let over = Promise.resolve();
  return {
    async during(work) {
      const end = Promise.withResolvers<void>();
      over = end.promise;
      beginning.abort();
      try {
        return await work();
      } finally {
        beginning = new AbortController();
        end.resolve();
      }
    },
    beginning: () => beginning.signal,
    over: () => over,
  };
}
