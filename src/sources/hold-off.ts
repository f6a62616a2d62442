import type { Clock } from '../util/clock.ts';

interface Answer {
  status: number;
  headers: { get(name: string): string | null | undefined };
}

export interface HoldOff {
  /** When the pause of this key ends; undefined when there is none. */
  until(key: string): Date | undefined;
  /** Remembers the pause that an answer asks for. */
  note(key: string, answer: Answer): void;
}

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Keeps the pauses that hosts ask for, so that no pass asks again before. A pause is at most an hour, GitHub's window. */
export function createHoldOff(clock: Clock): HoldOff {
  const pauses = new Map<string, number>();
  return {
    until(key) {
      const end = pauses.get(key);
      if (end === undefined) return undefined;
      if (end > clock.now().getTime()) return new Date(end);
      pauses.delete(key);
      return undefined;
    },
    note(key, answer) {
      const now = clock.now().getTime();
      const end = pauseOf(answer, now);
      if (end === undefined) return;
      for (const [other, past] of pauses) if (past <= now) pauses.delete(other);
      pauses.set(key, Math.min(end, now + HOUR));
    },
  };
}

/**
 * End of the pause in milliseconds since 1970. Retry-After (RFC 9110 section 10.2.3) counts first, then GitHub's rules:
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
function pauseOf({ status, headers }: Answer, now: number): number | undefined {
  if (status !== 429 && status !== 403 && status !== 503) return undefined;
  const after = headers.get('retry-after') ?? undefined;
  if (after !== undefined) {
    const end = /^[0-9]+$/.test(after) ? now + Number(after) * 1000 : Date.parse(after);
    if (end > now) return end;
  }
  if (headers.get('x-ratelimit-remaining') === '0') {
    const reset = Number(headers.get('x-ratelimit-reset')) * 1000;
    return reset > now ? reset : now + MINUTE;
  }
  return status === 429 ? now + MINUTE : undefined;
}
