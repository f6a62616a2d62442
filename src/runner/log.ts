import type { Logger } from '../util/logger.ts';
import type { Clock } from './clock.ts';

/** JSON lines; `fields` stand in each of them. No manifest text, no raw API error, no token goes in here. */
export function jsonLog(clock: Pick<Clock, 'now'>, write: (line: string) => unknown, always: object = {}): Logger {
  const at = (level: string) => (fields: object, msg: string) =>
    write(`${JSON.stringify({ level, time: clock.now().toISOString(), msg, ...always, ...fields })}\n`);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
