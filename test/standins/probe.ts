import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { close, confess, listen } from './listen.ts';

interface ProbeRequest {
  /** Milliseconds since 1970. */
  time: number;
  name: string;
  status: number;
  /** The asker's address. */
  address: string;
}

interface Message {
  /** Milliseconds since 1970. */
  time: number;
  name: string;
  text: string;
  /** The sender's address. */
  address: string;
}

export interface Probes {
  url: string;
  port: number;
  /** From now on `/NAME` answers 200 (ready) or 503. */
  set(name: string, ready: boolean): void;
  /** Who asked, oldest first. */
  requests(): readonly ProbeRequest[];
  /** What was POSTed to `/NAME`, oldest first. */
  messages(): readonly Message[];
  stop(): Promise<void>;
}

/**
 * Starts what readiness probes ask (`httpGet` with `host` and `port`), so that a test says when a pod is ready.
 * Names that were never set answer `ready` (true when left out). Pods leave messages with a POST.
 */
export async function startProbes(options: { address: string; port: number; ready?: boolean }): Promise<Probes> {
  const { address, ready = true } = options;
  const states = new Map<string, boolean>();
  const asked: ProbeRequest[] = [];
  const said: Message[] = [];
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => confess(response, error));
  });
  const port = await listen(server, address, options.port);
  return {
    url: `http://${address}:${port}`,
    port,
    set: (name, state) => void states.set(name, state),
    requests: () => asked,
    messages: () => said,
    stop: () => close(server),
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry = { time: Date.now(), address: request.socket.remoteAddress ?? '' };
    const name = decodeURIComponent(new URL(request.url ?? '/', 'http://probe').pathname.slice(1));
    if (request.method === 'POST') {
      said.push({ ...entry, name, text: await text(request) });
      response.writeHead(200).end();
      return;
    }
    const status = (states.get(name) ?? ready) ? 200 : 503;
    asked.push({ ...entry, name, status });
    response.writeHead(status).end(status === 200 ? 'ready\n' : 'not ready\n');
  }
}
