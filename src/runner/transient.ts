import type { Clock } from './clock.ts';

/** The cause may go away by itself (API server away, overloaded, restarting): nothing of the plan is to blame. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}

/** How long a transient cause is waited out before the Job's next pod has to go on, in ms. */
export const PATIENCE_MS = 60_000;

export interface Waiting {
  clock: Clock;
  signal: AbortSignal;
}

/** Repeats `work` while it rejects with a TransientError, with growing pauses, for about a minute; then that error goes up. */
export async function withPatience<T>(work: () => Promise<T>, waiting: Waiting): Promise<T> {
  const pause = patience(waiting);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      await pause(error.message);
    }
  }
}

/** A function that sleeps longer at each call, and throws a TransientError with the last reason once patience has ended. */
export function patience({ clock, signal }: Waiting): (reason: string) => Promise<void> {
  const end = clock.elapsed() + PATIENCE_MS;
  let ms = 250;
  return async (reason) => {
    if (clock.elapsed() + ms > end) throw new TransientError(reason);
    await clock.sleep(ms, signal);
    ms = Math.min(ms * 2, 8_000);
  };
}
