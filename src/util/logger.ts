type Write = (fields: object, message: string) => void;

/** A constant message with variable fields. pino's logger is one. */
export interface Logger {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}

const quiet = (): void => undefined;
/** For commands whose answer says it all. */
export const noLog: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
