import type { Commit } from '../domain/commit.ts';
import type { UpdateWindow, WindowSpan } from '../domain/window.ts';

const MINUTE_MS = 60_000;
/** Clocks are put forward and back at a quarter of an hour, in every zone that there is. */
const QUARTER = 15;
/** Two weeks: the hour that is left out in spring may have been the only one of a week. */
const QUARTERS_AHEAD = 15 * 24 * 4;

/** Why nothing that runs is stopped now, with the next opening; undefined while the window is open. */
export function closedReason(window: UpdateWindow, now: Date): string | undefined {
  if (isOpen(window, local(window.zone, now))) return undefined;
  const opens = nextOpening(window, now);
  const when = opens ? `opens ${inWords(window.zone, opens)}` : 'does not open within two weeks';
  return `outside of the update window, which ${when} (a commit with the trailer "Ordo-Urgent: true" does not wait)`;
}

/** In the last paragraph of its message: `Ordo-Urgent: true`. */
export const isUrgent = ({ trailers }: Commit): boolean =>
  trailers.some(({ name, value }) => name === 'ordo-urgent' && value.toLowerCase() === 'true');

/** The first minute after `now` at which it is open. Looks two weeks ahead. */
function nextOpening(window: UpdateWindow, now: Date): Date | undefined {
  const step = QUARTER * MINUTE_MS;
  const first = Math.floor(now.getTime() / step) * step;
  for (let quarter = 0; quarter < QUARTERS_AHEAD; quarter += 1) {
    const begin = first + quarter * step;
    const at = local(window.zone, new Date(begin));
    for (let minute = 0; minute < QUARTER; minute += 1) {
      const moment = begin + minute * MINUTE_MS;
      if (moment > now.getTime() && isOpen(window, { ...at, minute: at.minute + minute })) return new Date(moment);
    }
  }
  return undefined;
}

interface Local {
  /** 0: Sunday. */
  day: number;
  /** Of the day. */
  minute: number;
}

const isOpen = ({ spans }: UpdateWindow, at: Local): boolean => spans.some((span) => isIn(span, at));

function isIn({ days, from, to }: WindowSpan, { day, minute }: Local): boolean {
  const today = days.includes(day);
  if (from < to) return today && from <= minute && minute < to;
  return (today && from <= minute) || (days.includes((day + 6) % 7) && minute < to);
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function local(zone: string, at: Date): Local {
  const { weekday = '', hour, minute } = parts(zone, at);
  return { day: DAYS.indexOf(weekday), minute: Number(hour) * 60 + Number(minute) };
}

/** `Mon 2026-11-23 22:00 (Europe/Berlin)` */
function inWords(zone: string, at: Date): string {
  const { weekday, year, month, day, hour, minute } = parts(zone, at);
  return `${weekday} ${year}-${month}-${day} ${hour}:${minute} (${zone})`;
}

function parts(zone: string, at: Date): Record<string, string> {
  return Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
}

/** One is made anew in 50 µs, and a look ahead needs hundreds of answers. */
let last: { zone: string; format: Intl.DateTimeFormat } | undefined;

function formatOf(zone: string): Intl.DateTimeFormat {
  if (last?.zone !== zone) {
    const number = '2-digit';
    const fields = { year: 'numeric', month: number, day: number, hour: number, minute: number } as const;
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'short', hourCycle: 'h23', ...fields });
    last = { zone, format };
  }
  return last.format;
}
