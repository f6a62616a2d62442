import type { Run } from './run.ts';
import { errorText, isGone, isTransient } from './said.ts';
import { patience } from './transient.ts';

export interface Doomed {
  index: number;
  path: string;
  uid: string;
}

const KUBECTL_MS = 60_000;

/**
 * Asks for one deletion; false when it was refused, and the step has failed. The uid makes a stale runner harmless: it
 * cannot hit a new object. Foreground: the object goes after its pods. Orphan: they stay, and belong to nobody.
 */
export async function deleteByUid(
  { kubectl, book, clock, signal, redact }: Run,
  { index, path, uid }: Doomed,
  propagationPolicy: 'Foreground' | 'Orphan' = 'Foreground',
): Promise<boolean> {
  const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy, preconditions: { uid } };
  const pause = patience({ clock, signal });
  for (;;) {
    signal.throwIfAborted();
    const said = await kubectl.run(['delete', '--raw', path, '-f', '-'], JSON.stringify(options), KUBECTL_MS);
    if (said.code === 0 || isGone(said)) return true;
    if (!isTransient(said)) {
      book.fail(index, errorText(said));
      return false;
    }
    await pause(redact(errorText(said)));
  }
}
