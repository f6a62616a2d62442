import { ApiError, type Client } from '../cluster/client.ts';
import { configMaps } from '../cluster/config-maps.ts';
import { ALIVE } from '../domain/ordo.ts';
import type { Clock } from '../util/clock.ts';
import { ExternalError } from '../util/errors.ts';
import type { Logger } from '../util/logger.ts';

/** An outside that has not answered by then counts as one that cannot be reached, in ms. */
const PATIENCE_MS = 20_000;
const AGAIN_MS = 5_000;

/** How a new Ordo says that it works: settings and state were read, and one observation was tried. */
export interface Alive {
  /** Writes the sign of life, once per pod; `again`: it is looked up whether it still stands there. */
  give(again?: boolean): Promise<void>;
  /**
   * The same beside other work, as soon as `look` has resolved, or failed for what is outside. Anything else that it throws
   * is a fault of this version: then there is no sign, and it looks again. Resolves when no look is under way.
   */
  giveAfter(look: () => Promise<unknown>, log: Logger, signal: AbortSignal): Promise<void>;
}

/** `pod`: '' for an Ordo that nobody waits for, which writes nothing. */
export function createAlive(
  client: Client,
  { namespace, pod }: { namespace: string; pod: string },
  clock: Clock,
): Alive {
  const maps = configMaps(client, namespace);
  let isGiven = false;
  const give = async (again = false): Promise<void> => {
    if (pod === '' || (isGiven && !again)) return;
    await maps.write(ALIVE, { data: { pod } });
    isGiven = true;
  };

  return {
    give,
    async giveAfter(look, log, signal) {
      while (!signal.aborted) {
        // What has said that it works has nothing to prove, but it may be asked by somebody who finds no sign.
        const looking = isGiven ? Promise.resolve() : look();
        try {
          await Promise.race([looking.catch(passOutside), clock.sleep(PATIENCE_MS, signal)]);
          return await give(true);
        } catch (error) {
          if (signal.aborted) return;
          const expected = error instanceof ApiError || error instanceof ExternalError;
          log.error(expected ? { reason: error.message } : { err: error }, 'no sign of life yet');
        } finally {
          // What it does with the working copy is over before the next pass begins.
          await looking.catch(() => undefined);
        }
        await clock.sleep(AGAIN_MS, signal).catch(() => undefined);
      }
    },
  };
}

function passOutside(error: unknown): void {
  if (!(error instanceof ExternalError)) throw error;
}
