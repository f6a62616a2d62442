export interface Cache<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
}

/** Holds at most `most` values; the one written longest ago goes first. */
export function createCache<T>(most: number): Cache<T> {
  const values = new Map<string, T>();
  return {
    get: (key) => values.get(key),
    set(key, value) {
      // A Map keeps the place of a key that is written again.
      values.delete(key);
      values.set(key, value);
      const [oldest] = values.keys();
      if (values.size > most && oldest !== undefined) values.delete(oldest);
    },
  };
}
