import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as ask } from 'node:https';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { listen } from '../standins/listen.ts';
import { NAMESPACE, type Site } from './site.ts';

/** A server between Ordo's controller and the API server. Everything passes, unless it is told otherwise. */
export interface Gap {
  /** Watches do not tell of objects of this name from now on; undefined: of all again. */
  swallow(name: string | undefined): void;
  /** How many events were swallowed. */
  swallowed(): number;
  /** Cuts all connections, and each new one until `act` has ended. */
  cut(act: () => Promise<void>): Promise<void>;
  /** The controller reaches nobody any more. */
  close(): Promise<void>;
}

/** Has the controller reach the API server through a server of the test's own, with a certificate of the cluster's authority. */
export async function openGap(site: Site): Promise<Gap> {
  const { cluster, authority } = site.world;
  const { cert, key } = await authority.issue('gap', { hosts: [cluster.nodeAddress] });
  const agent = new Agent({ keepAlive: true, ca: authority.ca });
  const sockets = new Set<Duplex>();
  let hidden: string | undefined;
  let swallowed = 0;
  let isCut = false;

  const server = createServer({ cert, key }, (request, response) => {
    const { method, headers, url = '' } = request;
    const passed = ask(`https://${cluster.nodeAddress}:6443${url}`, { method, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      if (url.includes('watch=true')) void tell(answer, response);
      else answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    passed.on('error', () => response.destroy());
    response.on('close', () => passed.destroy());
    request.pipe(passed);
  });
  server.on('connection', (socket) => {
    if (isCut) return socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listen(server, cluster.nodeAddress, 0);
  const way = [`KUBERNETES_SERVICE_HOST=${cluster.nodeAddress}`, `KUBERNETES_SERVICE_PORT=${port}`];
  await site.kubectl('-n', NAMESPACE, 'set', 'env', 'deployment/ordo', ...way);
  await site.kubectl('-n', NAMESPACE, 'rollout', 'status', 'deployment/ordo', '--timeout=60s');
  return {
    swallow: (name) => void (hidden = name),
    swallowed: () => swallowed,
    async cut(act) {
      isCut = true;
      for (const socket of sockets) socket.destroy();
      await act().finally(() => (isCut = false));
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  /** An event is a line. */
  async function tell(answer: IncomingMessage, response: ServerResponse): Promise<void> {
    response.flushHeaders();
    try {
      for await (const line of createInterface({ input: answer })) {
        const { object } = JSON.parse(line) as { object: { metadata?: { name?: string } } };
        if (hidden !== undefined && object.metadata?.name === hidden) swallowed += 1;
        else response.write(`${line}\n`);
      }
      response.end();
    } catch {
      response.destroy();
    }
  }
}
