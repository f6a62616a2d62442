import { isDeepStrictEqual } from 'node:util';
import { idOf } from '../domain/identity.ts';
import { canRoll, isWorkload } from '../domain/kinds.ts';
import { leftAlone } from '../domain/left-alone.ts';
import { foreignHeld } from '../domain/replacement.ts';
import { FIELD_MANAGER, readLive } from '../domain/stamps.ts';
import { applyArguments } from './arguments.ts';
import { otherOwners, takenOver } from './ownership.ts';
import { readAll, type Read } from './read.ts';
import { manifestOf, type Run } from './run.ts';
import { errorText, isImmutable, isTransient } from './said.ts';
import type { Applying } from './segments.ts';
import { patience, TransientError } from './transient.ts';

interface Live extends Read {
  spec?: unknown;
}

const KUBECTL_MS = 60_000;
/**
 * Before objects are applied that Ordo did not make, or in which kubectl put something in the place of an item that Git
 * states: kubectl's ownership of their fields becomes Ordo's, so that what Git does not state goes. A Job, Pod or
 * ReplicaSet of somebody else's that differs is held: applied in place it would not be what Git says.
 */
export async function adopt(run: Run, items: readonly Applying[]): Promise<void> {
  const found = items.filter(({ step }) => step.kind === 'apply' && (step.adopt || step.takeOver));
  await Promise.all(found.map((item) => adoptOne(run, item)));
}

async function adoptOne(run: Run, item: Applying): Promise<void> {
  const { api, book, redact, signal } = run;
  const { index, step } = item;
  const pause = patience(run);
  for (;;) {
    signal.throwIfAborted();
    const live = (await readAll(api, [step.path])).get(step.path);
    if (live === undefined) return;
    const isOurs = readLive(idOf(step.entry), live.metadata).stamp !== undefined;
    if (isOurs && !('takeOver' in step && step.takeOver)) return;
    if (!isOurs && isWorkload(step.entry) && !canRoll(step.entry) && (await differs(run, item, live))) {
      return book.hold(index, foreignHeld(step.entry));
    }
    const owners = live.metadata.managedFields ?? [];
    const said = await takeOver(run, item, live);
    if (said === undefined || said.code === 0) {
      const others = otherOwners(owners);
      return others.length > 0 ? book.note(index, `fields of ${others.join(', ')} stay theirs`) : undefined;
    }
    if (!isTransient(said)) return book.fail(index, errorText(said));
    await pause(redact(errorText(said)));
  }
}

/** Whether an apply would change more than Ordo's stamps: asked of the API server, which knows its defaults. */
async function differs(run: Run, { index, step }: Applying, live: Live): Promise<boolean> {
  const manifest = leftAlone(manifestOf(run, index), live, step.leave ?? []);
  const said = await run.kubectl.run(
    [...applyArguments(FIELD_MANAGER, ['-o', 'json']), '--dry-run=server'],
    JSON.stringify(manifest),
    KUBECTL_MS,
  );
  if (said.code !== 0 && isTransient(said)) throw new TransientError(run.redact(errorText(said)));
  if (said.code !== 0) return isImmutable(said);
  const text = said.lines.filter(({ from }) => from === 'out').map((line) => line.text);
  const { spec } = JSON.parse(text.join('\n')) as Live;
  return !isDeepStrictEqual(spec, live.spec);
}

/** Writes the object back as it was read, with other owners; refused as a conflict when it has moved on since then. */
async function takeOver(run: Run, { step }: Applying, live: Live) {
  const managedFields = takenOver(live.metadata.managedFields ?? []);
  if (managedFields === undefined) return undefined;
  const owned = { ...live, metadata: { ...live.metadata, managedFields } };
  return run.kubectl.run(['replace', '--raw', step.path, '-f', '-'], JSON.stringify(owned), KUBECTL_MS);
}
