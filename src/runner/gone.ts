import type { Api } from './api.ts';
import type { Clock } from './clock.ts';
import type { Meta } from './gates/shapes.ts';
import { pauseAfter } from './pause.ts';
import { readAll } from './read.ts';

/** An object that has to be gone; without a uid: any object that is being deleted there. */
export interface Leaving {
  index: number;
  path: string;
  uid?: string;
  /** The longest that is waited, in ms. */
  limit: number;
}

export interface GoneContext {
  api: Api;
  clock: Clock;
  signal: AbortSignal;
}

/** Waits until these objects are gone; answers with those that are still there after their time, and why. */
export async function waitUntilGone(
  { api, clock, signal }: GoneContext,
  leaving: readonly Leaving[],
): Promise<Map<number, string>> {
  const stuck = new Map<number, string>();
  const begin = clock.elapsed();
  let open = [...leaving];
  for (;;) {
    const paths = open.map(({ path }) => path);
    const found = await readAll(api, paths, { metadataOnly: true });
    const passed = clock.elapsed() - begin;
    open = open.filter(({ index, path, uid, limit }) => {
      const metadata = found.get(path)?.metadata;
      if (metadata === undefined || isOther(metadata, uid)) return false;
      if (passed < limit) return true;
      stuck.set(index, whyStuck(metadata));
      return false;
    });
    if (open.length === 0) return stuck;
    await clock.sleep(pauseAfter(clock.elapsed() - begin), signal);
  }
}

function isOther({ uid, deletionTimestamp }: Meta, expected: string | undefined): boolean {
  return expected === undefined ? deletionTimestamp === undefined : uid !== expected;
}

/** What keeps an object from going, in words. */
function whyStuck({ finalizers = [], deletionTimestamp }: Meta): string {
  if (deletionTimestamp === undefined) return 'the API server does not delete it';
  // Kubernetes' own two wait for what the object owns.
  const own = new Set(['foregroundDeletion', 'orphan']);
  const foreign = finalizers.filter((finalizer) => !own.has(finalizer));
  return foreign.length > 0
    ? `deleting, blocked by finalizers ${foreign.join(', ')}`
    : 'deleting, its pods or other objects that it owns are still there';
}
