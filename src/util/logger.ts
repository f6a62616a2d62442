type Write = (fields: object, message: string) => void;

/** A constant message with variable fields. pino's logger is one. */
export interface Logger {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}
