import type { Said } from './kubectl.ts';
import type { Run } from './run.ts';
import { errorText, isTransient } from './said.ts';
import { patience } from './transient.ts';

const isWell = ({ code }: Said): boolean => code === 0;

/**
 * Runs one kubectl until it succeeds; transient causes are waited out for about a minute, then a TransientError goes up.
 * Answers with why it was refused for good, redacted.
 */
export async function patiently(
  { clock, signal, redact }: Pick<Run, 'clock' | 'signal' | 'redact'>,
  attempt: () => Promise<Said>,
  isGood = isWell,
): Promise<string | undefined> {
  const pause = patience({ clock, signal });
  for (;;) {
    signal.throwIfAborted();
    const said = await attempt();
    if (isGood(said)) return undefined;
    const text = redact(errorText(said));
    if (!isTransient(said)) return text;
    await pause(text);
  }
}

/** The same for a step, which has failed when the answer is false: it was refused for good. */
export async function insist(run: Run, index: number, attempt: () => Promise<Said>, isGood = isWell): Promise<boolean> {
  const refused = await patiently(run, attempt, isGood);
  if (refused !== undefined) run.book.fail(index, refused);
  return refused === undefined;
}
