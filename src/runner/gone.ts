import { ifAllowed } from './api.ts';
import type { Meta } from './gates/shapes.ts';
import { pauseAfter } from './pause.ts';
import { readAll } from './read.ts';
import type { Run } from './run.ts';
import { whyThere } from './why-there.ts';

/** An object that has to be gone; without a uid: any object that is being deleted there. */
export interface Leaving {
  index: number;
  path: string;
  uid?: string;
}

/** What takes this long is said as it is, in ms. */
const SAY_MS = 5_000;
/** How long a deletion may take beside the grace period of the pods before it is called slow, in ms. */
const SLOW_MS = 60_000;

/**
 * Waits until these objects are gone, however long it takes: nothing is applied onto what is going, and no finalizer is
 * taken away. What keeps them is said after a few seconds, and noted when it takes longer than their pods may take to end.
 * Answers with what is still there: nothing, or with `untilSlow` what takes longer than that, once it is all that is left.
 */
export async function waitUntilGone<One extends Leaving>(
  run: Run,
  leaving: readonly One[],
  { untilSlow = false } = {},
): Promise<One[]> {
  const { api, book, clock, log, signal } = run;
  const begin = clock.elapsed();
  const slow = new Set<string>();
  let said = begin;
  let open = [...leaving];
  for (;;) {
    const paths = open.map(({ path }) => path);
    const found = await readAll(api, paths, { metadataOnly: true });
    const isThere = ({ path, uid }: Leaving): boolean => isLeaving(found.get(path)?.metadata, uid);
    for (const one of open) if (!isThere(one)) book.waits(one.index, undefined);
    open = open.filter(isThere);
    if (open.length === 0 || (untilSlow && open.every(({ path }) => slow.has(path)))) return open;
    const passed = clock.elapsed() - begin;
    if (clock.elapsed() - said >= SAY_MS) {
      said = clock.elapsed();
      for (const one of open) await say(one, passed);
    }
    await clock.sleep(pauseAfter(passed), signal);
  }

  async function say({ index, path }: Leaving, passed: number): Promise<void> {
    const { reason, graceMs } = await ifAllowed(() => whyThere(api, path), UNTOLD);
    if (book.waits(index, reason)) run.save();
    if (passed < graceMs + SLOW_MS || slow.has(path)) return;
    slow.add(path);
    log.warn({ step: index, path, reason, seconds: Math.round(passed / 1_000) }, 'a deletion takes long');
    book.note(index, `the deletion took long: ${reason}`);
  }
}

const UNTOLD = { reason: 'deleting', graceMs: 0 };

function isLeaving(metadata: Meta | undefined, uid: string | undefined): boolean {
  if (metadata === undefined) return false;
  return uid === undefined ? metadata.deletionTimestamp !== undefined : metadata.uid === uid;
}
