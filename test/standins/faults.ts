import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Fault {
  /** Which requests it hits (`path` with its query); all of them when left out. */
  match?: (request: { method: string; path: string }) => boolean;
  /** How many requests it hits before it is over; never over when left out. */
  times?: number;
  /** Milliseconds to wait first. With neither `reset` nor `status` the real answer follows. */
  delay?: number;
  /** Lets so many bytes of the real answer's body through, then breaks the connection. */
  cut?: number;
  /** Bytes a second of the real answer's body. */
  rate?: number;
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

type Body = Buffer | string;

/** Nothing says that the body is over: whoever reads it knows that it is not whole. */
function cutAfter(response: ServerResponse, bytes: number): void {
  const write = response.write.bind(response) as (chunk: Body, done?: () => void) => boolean;
  const end = response.end.bind(response) as (chunk?: Body) => ServerResponse;
  let left = bytes;
  const pass = (chunk: Body): boolean => {
    const whole = Buffer.from(chunk as string);
    const part = whole.subarray(0, left);
    left -= part.length;
    return part.length === whole.length ? write(part) : write(part, () => response.destroy());
  };
  const passLast = (chunk: Body = ''): ServerResponse => {
    if (Buffer.byteLength(chunk) <= left) return end(chunk);
    pass(chunk);
    return response;
  };
  Object.assign(response, { write: pass, end: passLast });
}

/** What pipes into it waits for `drain`. */
function slowDown(response: ServerResponse, rate: number): void {
  const write = response.write.bind(response) as (chunk: Body) => boolean;
  const end = response.end.bind(response) as (chunk?: Body) => ServerResponse;
  let sent: Promise<unknown> = Promise.resolve();
  const slowly = (chunk: Body): boolean => {
    sent = sent
      .then(() => sleep((Buffer.byteLength(chunk) / rate) * 1000, undefined, { ref: false }))
      .then(() => write(chunk) && response.emit('drain'));
    return false;
  };
  const endSlowly = (chunk: Body = ''): ServerResponse => {
    void sent.then(() => end(chunk));
    return response;
  };
  Object.assign(response, { write: slowly, end: endSlowly });
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
    if (fault.cut !== undefined) cutAfter(response, fault.cut);
    if (fault.rate !== undefined) slowDown(response, fault.rate);
    if (fault.status === undefined) return response.destroyed;
    response.writeHead(fault.status, fault.headers).end(fault.body);
    return true;
  }
}
