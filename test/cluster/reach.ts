import { connect } from 'node:net';

/** Whether a TCP connection to an address comes about within a second. */
export async function reach(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: 1000 });
  socket
    .on('connect', () => resolve(true))
    .on('error', () => resolve(false))
    .on('timeout', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
