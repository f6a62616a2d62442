/** One thing that `ordo check` has looked at. `warn`: it works, but should be known; `FAIL`: Ordo cannot do its work. */
export interface Finding {
  level: 'ok' | 'warn' | 'FAIL';
  what: string;
  /** What was seen; where it is not ok, also what to do. */
  reason: string;
}

export const ok = (what: string, reason: string): Finding => ({ level: 'ok', what, reason });
export const warn = (what: string, reason: string): Finding => ({ level: 'warn', what, reason });
export const fail = (what: string, reason: string): Finding => ({ level: 'FAIL', what, reason });
