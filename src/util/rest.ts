/** A time in which something need not go on. */
export interface Rest {
  /** Runs work, and lets nothing else go on meanwhile. One at a time. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when there is none. */
  over(): Promise<void>;
}

export function createRest(): Rest {
  let over = Promise.resolve();
  return {
    async during(work) {
      const end = Promise.withResolvers<void>();
      over = end.promise;
      try {
        return await work();
      } finally {
        end.resolve();
      }
    },
    over: () => over,
  };
}
