import type { Clock } from './clock.ts';

/** One event: a constant message and variable fields. No manifest text, no raw API error, no token. */
export type Log = (level: 'info' | 'warn' | 'error', msg: string, fields?: Record<string, unknown>) => void;

/** JSON lines. */
export function jsonLog(clock: Pick<Clock, 'now'>, write: (line: string) => void): Log {
  return (level, msg, fields) =>
    write(`${JSON.stringify({ level, time: new Date(clock.now()).toISOString(), msg, ...fields })}\n`);
}
