const UNITS_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a text such as 90s, 5m or 1h; NaN: it is no duration. How long or short one may be is for its user to say. */
export function durationMs(text: string): number {
  const [, digits, unit = ''] = /^([0-9]{1,9})([smh])$/.exec(text) ?? [];
  return Number(digits) * (UNITS_MS[unit] ?? NaN);
}
