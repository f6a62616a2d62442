import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Binds a server (port 0: any free one) and answers with its port. */
export async function listen(server: Server, address: string, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(port, address, resolve);
  await promise;
  return (server.address() as AddressInfo).port;
}

/** Closes a server with all its connections, also those in use, and those that are only shaking hands: they count when they have. */
export async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  const late = setInterval(() => server.closeAllConnections(), 50);
  await promise;
  clearInterval(late);
}

/** Answers 500 with what went wrong in the stand-in itself. */
export function confess(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(500, { 'content-type': 'text/plain' }).end(`the stand-in failed: ${String(error)}`);
}
