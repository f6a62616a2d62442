/** What a pause grows from and to, in milliseconds. */
export interface BackoffOptions {
  first: number;
  most: number;
  /** From 0 (inclusive) to 1, like Math.random. */
  random: () => number;
}

/**
 * Milliseconds to wait after the given number of failures in a row (1 is the first): doubling from `first`, at most
 * `most`, of which the upper half is random so that many devices do not come back at once.
 */
export function backoff(failures: number, { first, most, random }: BackoffOptions): number {
  // Beyond 2^30 the power would only lose precision; `most` has been reached long before.
  const full = Math.min(most, first * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  return Math.round(full / 2 + (full / 2) * random());
}
