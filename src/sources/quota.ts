interface Headers {
  get(name: string): string | null | undefined;
}

/** An answer as far as limits go. */
export interface Charged {
  status: number;
  headers: Headers;
  /** Whether the body speaks of a rate limit: GitHub's secondary one may say it nowhere else. */
  speaksOfLimit?: boolean;
}

/** What a host leaves to who asked, as its last answer said. */
export interface Quota {
  limit: number;
  remaining: number;
  /** When it is whole again, by the clock here: milliseconds since 1970. */
  reset: number;
  /** The time that the limit is for, in milliseconds. */
  window: number;
}

const HOUR = 3_600_000;
/** A clock that is off by less is taken as right: an answer has been on its way, and its Date has no milliseconds. */
const SLACK = 60_000;

/**
 * Milliseconds that the host's clock is ahead of ours, by the answer's `Date`; 0 when that is less than a minute or not
 * said. Reset times are by the host's clock, and a device without a battery for its own may live in another year.
 */
export function clockAhead(headers: Headers, now: number): number {
  const ahead = Date.parse(headers.get('date') ?? '') - now;
  return Math.abs(ahead) >= SLACK ? ahead : 0;
}

/**
 * The quota that an answer tells of. GitHub: `x-ratelimit-*`, by the hour
 * (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit).
 * Docker Hub: `ratelimit-limit: 100;w=21600`, whose end it does not say.
 */
export function quotaOf(headers: Headers, now: number): Quota | undefined {
  const limit = numberOf(headers.get('x-ratelimit-limit'));
  const remaining = numberOf(headers.get('x-ratelimit-remaining'));
  const reset = numberOf(headers.get('x-ratelimit-reset'));
  if (limit && remaining !== undefined && reset !== undefined) {
    const end = reset * 1000 - clockAhead(headers, now);
    return { limit, remaining, reset: Math.min(Math.max(end, now), now + HOUR), window: HOUR };
  }
  const [, most, seconds] = /^(\d+);w=(\d+)$/.exec(headers.get('ratelimit-limit') ?? '') ?? [];
  const left = numberOf(/^\d+/.exec(headers.get('ratelimit-remaining') ?? '')?.[0]);
  if (!Number(most) || !Number(seconds) || left === undefined) return undefined;
  const window = Number(seconds) * 1000;
  return { limit: Number(most), remaining: left, reset: now + window, window };
}

/**
 * How many times longer the poll interval is to be: 1 as long as half of the quota is left, or as much of it as of its
 * window. Beyond that in proportion, so that those who share a token come to its end together with the window.
 */
export function stretchOf({ limit, remaining, reset, window }: Quota, now: number): number {
  const wanted = Math.min(Math.max(reset - now, 0) / window, 0.5);
  const left = remaining / limit;
  return left >= wanted ? 1 : wanted / Math.max(left, 1 / limit);
}

function numberOf(text: string | null | undefined): number | undefined {
  return /^\d+$/.test(text ?? '') ? Number(text) : undefined;
}
