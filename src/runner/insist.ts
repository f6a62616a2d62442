import type { Said } from './kubectl.ts';
import type { Run } from './run.ts';
import { errorText, isTransient } from './said.ts';
import { patience } from './transient.ts';

/**
 * Runs one kubectl until it succeeds; transient causes are waited out for about a minute, then a TransientError goes up.
 * False: it was refused for good, and the step has failed.
 */
export async function insist(
  { book, clock, signal, redact }: Run,
  index: number,
  attempt: () => Promise<Said>,
  isGood = ({ code }: Said): boolean => code === 0,
): Promise<boolean> {
  const pause = patience({ clock, signal });
  for (;;) {
    signal.throwIfAborted();
    const said = await attempt();
    if (isGood(said)) return true;
    if (!isTransient(said)) {
      book.fail(index, errorText(said));
      return false;
    }
    await pause(redact(errorText(said)));
  }
}
