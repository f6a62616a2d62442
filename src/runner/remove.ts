import type { DeleteStep, RecreateStep } from '../domain/plan.ts';
import { waitUntilGone } from './gone.ts';
import type { Run } from './run.ts';
import { errorText, isGone, isTransient } from './said.ts';
import type { Numbered } from './segments.ts';
import { patience } from './transient.ts';

/** A step that begins with a delete. */
export type Removing = Numbered<RecreateStep | DeleteStep>;

/** How long a deleted object may take to be gone, in ms, where the step has no timeout of its own. */
const DELETE_MS = 300_000;
const KUBECTL_MS = 60_000;

/** Deletes the objects together and waits until they and their pods are gone. Deletes are then done; what is stuck has failed. */
export async function remove(run: Run, items: readonly Removing[]): Promise<void> {
  const { book } = run;
  for (const { index } of items) book.begin(index);
  const accepted = await Promise.all(items.map((item) => deleteOne(run, item)));
  const leaving = items
    .filter((_, at) => accepted[at] === true)
    .map(({ index, step }) => ({ index, path: step.path, uid: step.uid, limit: limitOf(step) }));
  const stuck = await waitUntilGone(run, leaving);
  for (const { index, step } of items) {
    const reason = stuck.get(index);
    if (reason !== undefined) book.fail(index, reason);
    else if (step.kind === 'delete' && leaving.some((one) => one.index === index)) book.done(index);
  }
}

// Foreground: the object goes after its pods. The uid makes a stale runner harmless: it cannot hit a new object.
async function deleteOne(run: Run, { index, step }: Removing): Promise<boolean> {
  const { kubectl, book, signal, redact } = run;
  const preconditions = { uid: step.uid };
  const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground', preconditions };
  const pause = patience(run);
  for (;;) {
    signal.throwIfAborted();
    const said = await kubectl.run(['delete', '--raw', step.path, '-f', '-'], JSON.stringify(options), KUBECTL_MS);
    if (said.code === 0 || isGone(said)) {
      book.touch(index, 'deleted');
      return true;
    }
    if (!isTransient(said)) {
      book.fail(index, errorText(said));
      return false;
    }
    await pause(redact(errorText(said)));
  }
}

function limitOf(step: RecreateStep | DeleteStep): number {
  return step.kind === 'recreate' ? step.timeout * 1_000 : DELETE_MS;
}
