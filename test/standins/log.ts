import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Answered {
  /** When it came, in milliseconds since 1970. */
  time: number;
  /** Milliseconds until it was answered to its end. */
  duration: number;
  method: string;
  /** With its query. */
  path: string;
  /** 0 when the connection broke before an answer. */
  status: number;
}

export interface Log<Details> {
  /** Notes a request; `details` may be changed until it is answered. */
  add(request: IncomingMessage, response: ServerResponse, details: Details): void;
  /** What was answered so far, in the order of the answers. */
  list: () => readonly (Answered & Details)[];
}

/** The requests of a server. An answer is in it before the client can have seen it. */
export function createLog<Details extends object>(): Log<Details> {
  const closed: (Answered & Details)[] = [];
  const open = new Map<ServerResponse, () => Answered & Details>();
  return { add, list };

  function add({ method = '', url: path = '' }: IncomingMessage, response: ServerResponse, details: Details): void {
    const time = Date.now();
    const start = performance.now();
    const now = () => {
      const status = response.headersSent ? response.statusCode : 0;
      return { time, duration: performance.now() - start, method, path, status, ...details };
    };
    open.set(response, now);
    response.on('close', () => {
      open.delete(response);
      closed.push(now());
    });
  }

  function list() {
    const begun = [...open].filter(([response]) => response.headersSent);
    return [...closed, ...begun.map(([, now]) => now())];
  }
}
