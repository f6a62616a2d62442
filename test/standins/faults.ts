import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Fault {
  /** Which requests it hits (`path` with its query); all of them when left out. */
  match?: (request: { method: string; path: string }) => boolean;
  /** How many requests it hits before it is over; never over when left out. */
  times?: number;
  /** Milliseconds to wait first. With neither `reset` nor `status` the real answer follows. */
  delay?: number;
  /** Breaks the connection without an answer. */
  reset?: true;
  /** Answers this in place of the real answer. */
  status?: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface Faults {
  /** Replaces the rule; `undefined` ends it. */
  set: (fault: Fault | undefined) => void;
  /** Lets the rule act on a request; true when the request is answered (or broken) by it. */
  meet(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

/** One rule at a time that makes a stand-in misbehave as the outside world does. */
export function createFaults(): Faults {
  let current: Fault | undefined;
  let left = Infinity;
  return { set, meet };

  function set(fault: Fault | undefined) {
    current = fault;
    left = fault?.times ?? Infinity;
  }

  async function meet(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const fault = current;
    if (fault === undefined || left <= 0) return false;
    if (fault.match?.({ method: request.method ?? '', path: request.url ?? '' }) === false) return false;
    left -= 1;
    if (fault.delay !== undefined) await sleep(fault.delay, undefined, { ref: false });
    if (fault.reset) {
      response.destroy();
      return true;
    }
    if (fault.status === undefined) return response.destroyed;
    response.writeHead(fault.status, fault.headers).end(fault.body);
    return true;
  }
}
