import type { IncomingMessage } from 'node:http';
import { request, type Agent } from 'node:https';
import { ExternalError } from './errors.ts';

export interface HttpsRequest {
  method: string;
  headers: Record<string, string>;
  body?: string | undefined;
  agent: Agent;
  /** Ends the request and the reading of its answer. */
  signal: AbortSignal;
}

/**
 * One request; resolves with the answer's head, whose body is to be read or destroyed. Rejects with Node's own error, or
 * with the signal's reason. Node's client, because that of undici costs 18 MiB and 60 ms at the start.
 */
export function send(url: string, { body, headers, signal, ...options }: HttpsRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const sent = request(url, { ...options, headers: { ...headers, ...length }, signal }, resolve);
  sent.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
  sent.end(body);
  return promise;
}

/** The body as text. Rejects when it is cut off or, in bytes, larger than `most`. */
export async function textOf(answer: IncomingMessage, signal: AbortSignal, most = Infinity): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new ExternalError('the answer is too large');
      chunks.push(chunk);
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  return Buffer.concat(chunks).toString('utf8');
}
