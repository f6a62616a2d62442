interface Line extends Record<string, unknown> {
  time: string;
  level: string;
  msg?: string;
}

/** A JSON line of the log as `12:34:56.789 INFO  message  key=value …`, for people at a terminal. Always one line. */
export function toPretty(line: string): string {
  const { time, level, msg = '', ...fields } = JSON.parse(line) as Line;
  const head = `${time.slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${plain(msg)}`;
  return `${[head, ...Object.entries(fields).map(([key, value]) => `${plain(key)}=${text(value)}`)].join('  ')}\n`;
}

/** Quoted unless it is one plain word: no file name or answer may begin a line of its own or colour the terminal. */
function text(value: unknown): string {
  return typeof value === 'string' && /^[\u0021\u0023-\u003c\u003e-\u007e]+$/.test(value)
    ? value
    : JSON.stringify(value);
}

const plain = (word: string): string => JSON.stringify(word).slice(1, -1);
