import { pino } from 'pino';
import type { Logger as Pino } from 'pino';
import { redact } from '../util/redact.ts';
import { describeError } from './error.ts';
import { toPretty } from './pretty.ts';

export interface LogOptions {
  format: 'json' | 'pretty';
  /** The tokens in force, which are taken out of every line. Called for each line, since tokens rotate. */
  secrets?: () => readonly (string | undefined)[];
  /** Where lines go, each with its newline; standard output when left out. */
  out?: { write(line: string): void };
}

/** Fields that hold what others sent or what nobody may see, at the top or one level down. */
const NEVER = ['token', 'password', 'authorization', 'headers', 'body', 'stringData'];

/** One line for an event, as JSON or as text for people: time in UTC, level, constant message, fields. */
export function createLog({ format, secrets = () => [], out = process.stdout }: LogOptions): Pino {
  const clean = (line: string): string => redact(line, secrets());
  return pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: NEVER.flatMap((field) => [field, `*.${field}`]), censor: '[redacted]' },
      serializers: { err: describeError },
    },
    {
      write(line) {
        out.write(clean(format === 'pretty' ? toPretty(line) : line));
      },
    },
  );
}
