import type { UpdateWindow, WindowSpan } from '../domain/window.ts';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const TIME = '([01][0-9]|2[0-4]):([0-5][0-9])';
const SPAN = new RegExp(`^(?:([a-z]{3})(?:-([a-z]{3}))? )?${TIME}-${TIME}$`);
const MINUTES_OF_DAY = 1440;

/** `Mon-Fri 22:00-05:00, Sat-Sun 00:00-24:00 Europe/Berlin`: days may be left out (all of them), and the zone (UTC). Undefined: not readable. */
export function parseWindow(text: string): UpdateWindow | undefined {
  const [, list = '', zone = 'UTC'] = /^(.*?[0-9]{2}:[0-9]{2})(?:\s+(\S+))?$/s.exec(text.trim()) ?? [];
  const spans = list.split(',').map(spanOf);
  if (!isZone(zone) || !spans.every((span) => span !== undefined)) return undefined;
  return { spans, zone };
}

function spanOf(text: string): WindowSpan | undefined {
  const [, first, last, ...times] = SPAN.exec(text.trim().replaceAll(/\s+/g, ' ').toLowerCase()) ?? [];
  const [fromHour = NaN, fromMinute = NaN, toHour = NaN, toMinute = NaN] = times.map(Number);
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  const days = daysOf(first, last);
  // An empty span, or one of a whole day that does not say so.
  const isGood = from < MINUTES_OF_DAY && to <= MINUTES_OF_DAY && from !== to;
  return isGood && days ? { days, from, to } : undefined;
}

/** Sunday to Saturday as numbers; `fri-mon` goes on over the week's end. */
function daysOf(first: string | undefined, last = first): number[] | undefined {
  if (first === undefined) return DAYS.map((_, day) => day);
  const [from, to] = [DAYS.indexOf(first), DAYS.indexOf(last ?? first)];
  if (from < 0 || to < 0) return undefined;
  const count = ((to - from + DAYS.length) % DAYS.length) + 1;
  return Array.from({ length: count }, (_, index) => (from + index) % DAYS.length);
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
