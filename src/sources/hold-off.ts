import type { Clock } from '../util/clock.ts';
import { clockAhead, type Charged } from './quota.ts';

export interface HoldOff {
  /** When the pause of this key ends; undefined when there is none. */
  until(key: string): Date | undefined;
  /** Remembers the pause that an answer asks for. */
  note(key: string, answer: Charged): void;
  /** The pauses that are not over, with their ends in milliseconds since 1970. */
  list(): { key: string; until: number }[];
}

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Keeps the pauses that hosts ask for, so that no pass asks again before. A pause is at most an hour, GitHub's window. */
export function createHoldOff(clock: Clock): HoldOff {
  const pauses = new Map<string, number>();
  /** How often in a row a limit was met that did not say for how long. */
  const untold = new Map<string, number>();
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
      const told = pauseOf(answer, now);
      const before = untold.get(key) ?? 0;
      if (told !== undefined || !isLimit(answer)) untold.delete(key);
      else untold.set(key, Math.min(before + 1, 6));
      const end = told ?? (isLimit(answer) ? now + MINUTE * 2 ** before : undefined);
      if (end === undefined) return;
      for (const [other, past] of pauses) if (past <= now) pauses.delete(other);
      pauses.set(key, Math.min(end, now + HOUR));
    },
    list() {
      const now = clock.now().getTime();
      return [...pauses].filter(([, until]) => until > now).map(([key, until]) => ({ key, until }));
    },
  };
}

/**
 * End of the pause in milliseconds since 1970, by the clock here. Retry-After (RFC 9110 section 10.2.3) counts first, then
 * GitHub's rules:
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
function pauseOf({ status, headers }: Charged, now: number): number | undefined {
  if (status !== 429 && status !== 403 && status !== 503) return undefined;
  const ahead = clockAhead(headers, now);
  const after = headers.get('retry-after') ?? undefined;
  if (after !== undefined) {
    const end = /^[0-9]+$/.test(after) ? now + Number(after) * 1000 : Date.parse(after) - ahead;
    if (end > now) return end;
  }
  if (headers.get('x-ratelimit-remaining') === '0') {
    const reset = Number(headers.get('x-ratelimit-reset')) * 1000 - ahead;
    if (reset > now) return reset;
  }
  return undefined;
}

/** Too much was asked, whether or not the answer says when to come back: then after a minute, and twice as long each time. */
const isLimit = ({ status, headers, speaksOfLimit = false }: Charged): boolean =>
  status === 429 || (status === 403 && (speaksOfLimit || headers.get('x-ratelimit-remaining') === '0'));
