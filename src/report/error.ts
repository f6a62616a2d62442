/** What the log keeps of an error. */
export interface ErrorFields {
  type: string;
  message: string;
  code?: string | number;
  /** Where it was thrown, innermost first. */
  at?: string[];
  cause?: ErrorFields | string;
}

/**
 * An error without what came over the wire: the Kubernetes client puts the whole body and all headers into `message`
 * (and so into `stack`), octokit keeps both in `response`.
 */
export function describeError(error: unknown, depth = 0): ErrorFields | string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error.slice(0, 300) : typeof error;
  const { code, status } = error as { code?: unknown; status?: unknown };
  const number = [code, status].find((each) => typeof each === 'string' || typeof each === 'number');
  const fromAnswer = 'body' in error || 'response' in error;
  const at = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    message: fromAnswer ? `HTTP ${number ?? 'error'}` : (error.message.split('\n')[0] ?? '').slice(0, 300),
    ...(number === undefined ? {} : { code: number }),
    ...(at.length === 0 || depth > 0 ? {} : { at: at.slice(0, 8).map((line) => line.trim().slice(3)) }),
    ...(error.cause === undefined || depth > 2 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
