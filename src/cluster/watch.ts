import { backoff } from '../util/backoff.ts';
import type { Clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import type { Rest } from '../util/rest.ts';
import { ApiError, type Client, type WatchEvent } from './client.ts';
import { listPages, METADATA, type Metadata } from './metadata.ts';

/** The server sends a bookmark each minute: whoever is silent for so long is not there any more. */
const SILENCE_MS = 180_000;
/** The server ends a watch after so many seconds, so that watches do not all hang at one of several servers for ever. */
const LASTS_S = 1500;
const RETRY = { first: 1000, most: 60_000 };
/** Who is told that he may not, or that there is no such thing, asks less and less often: a server that starts says so too. */
const REFUSED = { first: 1000, most: 600_000 };

/** What is told of the objects at one path. Level, not edge: whoever hears `began` forgets what it knew. */
export interface WatchHandler {
  /** A list is read anew, from its begin: at the start, and whenever events may have been missed. */
  began(): void;
  /** An object as it is now: from the list, new, or changed. */
  seen(metadata: Metadata): void;
  gone(metadata: Metadata): void;
  /** The list is complete: what was not seen since `began` is not there. */
  listed(): void;
  /** Why what is known may be old, once for each failed try; undefined: it is up to date again. */
  trouble(reason: string | undefined): void;
}

export interface WatchOptions {
  /** Of a collection, without a query. */
  path: string;
  selector?: Record<string, string>;
  clock: Clock;
  /** From 0 (inclusive) to 1, like Math.random. */
  random: () => number;
  /** Nothing is heard meanwhile; what happened is heard afterwards. */
  rest?: Rest;
  signal: AbortSignal;
}

/**
 * Follows the metadata of the objects at a path until the signal ends it: a list, then a watch from there, and again
 * whenever the server forgot the place (410) or cannot tell. Never rejects.
 *
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export async function watchMetadata(client: Client, options: WatchOptions, handler: WatchHandler): Promise<void> {
  const { clock, random, rest, signal } = options;
  const at: Position = { version: undefined, failures: 0 };
  while (!signal.aborted) {
    await rest?.over();
    try {
      at.version ??= await list(client, options, handler);
      await follow(client, at as Position & { version: string }, options, handler);
      // Whoever ends each watch at once is not asked in a loop without a pause.
      await clock.sleep(RETRY.first * random(), signal).catch(() => undefined);
    } catch (error) {
      if (signal.aborted) return;
      at.failures += 1;
      if (isForgotten(error)) at.version = undefined;
      handler.trouble(error instanceof Error ? error.message : String(error));
      const pause = backoff(at.failures, { ...(isRefused(error) ? REFUSED : RETRY), random });
      await clock.sleep(pause, signal).catch(() => undefined);
    }
  }
}

interface Position {
  /** From which a watch goes on; undefined: only a list tells what is there. */
  version: string | undefined;
  /** Since something was last heard. */
  failures: number;
}

/** Answers with the version to watch from. A path that is not served has no objects. */
async function list(client: Client, { path, selector = {} }: WatchOptions, handler: WatchHandler): Promise<string> {
  handler.began();
  let version: string | undefined;
  for await (const page of listPages(client, path, selector)) {
    ({ version } = page);
    for (const metadata of page.items) handler.seen(metadata);
  }
  handler.listed();
  if (version === undefined) throw new ApiError(404, 'NotFound', `${path} is not served`);
  return version;
}

/** One watch to its end. */
async function follow(
  client: Client,
  at: Position & { version: string },
  { path, selector = {}, rest, signal }: WatchOptions,
  handler: WatchHandler,
): Promise<void> {
  const query = new URLSearchParams({
    ...selector,
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(LASTS_S),
    resourceVersion: at.version,
  });
  const silence = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  wait();
  const stop = AbortSignal.any([signal, silence.signal]);
  try {
    for await (const event of client.watch<{ metadata: Metadata }>(`${path}?${query.toString()}`, stop, METADATA)) {
      clearTimeout(timer);
      // Whoever does not read has the server wait, for free: to end each watch and open it anew costs both a connection.
      await rest?.over();
      if (event.type === 'ERROR') throw statusError(event);
      wait();
      if (at.failures > 0) handler.trouble(undefined);
      at.failures = 0;
      const { metadata } = event.object;
      if (event.type === 'DELETED') handler.gone(metadata);
      else if (event.type !== 'BOOKMARK') handler.seen(metadata);
      at.version = metadata.resourceVersion ?? at.version;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** The place in the stream of changes is lost. */
class ForgottenError extends Error {
  override readonly name = 'ForgottenError';
}

/** Events end with a Status where the server cannot go on; 410: it has forgotten the version. */
function statusError({ object }: WatchEvent<unknown>): Error {
  const { code = 0, message = '' } = object as { code?: number; message?: string };
  return code === 410 ? new ForgottenError(message) : new ExternalError(`the watch ended: ${code} ${message}`);
}

const isRefused = (error: unknown): boolean => error instanceof ApiError && [403, 404, 405].includes(error.status);

const isForgotten = (error: unknown): boolean =>
  error instanceof ForgottenError || (error instanceof ApiError && [404, 410].includes(error.status));
