import { isJob } from '../domain/kinds.ts';
import { APPLY } from './arguments.ts';
import type { Copy } from './copy.ts';
import { openGate } from './gates/gate.ts';
import { isGated } from './gates/judge.ts';
import { readAll } from './read.ts';
import { readCopies } from './restore-copies.ts';
import type { Run } from './run.ts';
import { errorText, isTransient } from './said.ts';
import type { Applying } from './segments.ts';
import { patience } from './transient.ts';
import { waitForGates } from './wait.ts';

const KUBECTL_MS = 60_000;
const BACK = 'the version before was put back';

/**
 * What was deleted to be made anew and could not be, or was not reached behind a failure, is put back as it was: an
 * outage must not outlast the rollout that made it. What became of it is in the book.
 */
export async function putBack(run: Run, items: readonly Applying[]): Promise<void> {
  const { book } = run;
  const back: Applying[] = [];
  for (const item of await missing(run, items)) {
    if (await restore(run, item)) back.push(item);
  }
  const gates = back.filter(({ step }) => isGated(step)).map((item) => openGate(item, run.clock));
  await waitForGates(run, gates, { hurry: true }, ({ index }, end) =>
    book.note(index, end.state === 'ready' ? 'it is ready' : `it is ${end.reason}`),
  );
}

/** Those that are not there, and would be if this rollout had not deleted them. */
async function missing(run: Run, items: readonly Applying[]): Promise<Applying[]> {
  const { api, book, marks } = run;
  const open = items.filter(({ index, step }) => {
    if (marks.applied.has(index) || book.isDone(index) || book.isHeld(index)) return false;
    // An earlier pod of this Job may have deleted it.
    return (
      book.changed(index) === 'deleted' || (step.kind === 'apply' && step.replace === true && book.hasFailed(index))
    );
  });
  const paths = open.map(({ step }) => step.path);
  const found = await readAll(api, paths, { metadataOnly: true });
  return open.filter(({ step }) => !found.has(step.path));
}

/** Applies the copy of what was there; false when that did not go. */
async function restore(run: Run, { index, step }: Applying): Promise<boolean> {
  const { book, kubectl, redact } = run;
  if (isJob(step.entry)) {
    book.note(index, 'a Job is not put back: it would run once more');
    return false;
  }
  const copy = await copyAt(run, index);
  if (copy === undefined) return false;
  const pause = patience(run);
  for (;;) {
    const said = await kubectl.run(APPLY, JSON.stringify(copy.object), KUBECTL_MS);
    if (said.code === 0) {
      book.touch(index, 'restored');
      book.note(index, BACK);
      return true;
    }
    if (!isTransient(said)) {
      // It may quote the Secret of before, which the redaction does not know.
      const why = step.entry.kind === 'Secret' ? 'it was refused' : errorText(said);
      book.note(index, `the version before could not be put back: ${why}`);
      return false;
    }
    await pause(redact(errorText(said)));
  }
}

async function copyAt(run: Run, index: number): Promise<Copy | undefined> {
  return run.copies.get(index) ?? (await readCopies(run)).get(index) ?? (await readCopies(run, index)).get(index);
}
