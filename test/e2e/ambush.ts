import { gunzipSync } from 'node:zlib';
import { freeze, kill, RUNNER } from './processes.ts';
import type { Write, WriteHook } from './write-hook.ts';

type Matches = (write: Write) => boolean;
/** What becomes of a write; without a word it goes on. */
type Verdict = 'refused' | void;

const DEAD = 'whoever sent this is dead';

/** Lies in wait for one write: the world stands still there while the test does something to whoever sent it. */
export interface Ambush {
  /** Every write since it was laid, in the order in which they came; a dry run is none. */
  writes(): readonly Write[];
  /**
   * Runs `act` at the first such write and then lets it go on, or not; resolves with the write when `act` has ended, and
   * rejects when that did.
   */
  at(matches: Matches, act: (write: Write) => Promise<Verdict>): Promise<Write>;
  /**
   * The runner's first such write comes through, but the runner is dead before it learns of that. What it has sent
   * besides is refused. `isWritten` resolves when the write is in the cluster; it was not before `since`, in
   * microseconds since 1970.
   */
  killRunnerAt(matches: Matches, isWritten: (write: Write, since: number) => Promise<void>): Promise<void>;
  /** Refuses all of the runner's writes until `act` has ended. */
  mute(act: () => Promise<void>): Promise<void>;
}

export function layAmbush(hook: WriteHook): Ambush {
  const seen: Write[] = [];
  let trap: { matches: Matches; spring: (write: Write) => Promise<void> } | undefined;
  let silence: Promise<void> | undefined;
  hook.onWrite(async (write) => {
    if (write.dryRun) return;
    seen.push(write);
    if (silence && byRunner(write)) {
      await silence;
      throw new Error(DEAD);
    }
    if (trap?.matches(write) !== true) return;
    const { spring } = trap;
    trap = undefined;
    await spring(write);
  });

  const ambush: Ambush = {
    writes: () => seen,
    at(matches, act) {
      const { promise, resolve, reject } = Promise.withResolvers<Write>();
      const spring = async (write: Write): Promise<void> => {
        const verdict = await act(write).catch(reject);
        resolve(write);
        if (verdict === 'refused') throw new Error(DEAD);
      };
      trap = { matches, spring };
      return promise;
    },
    async killRunnerAt(matches, isWritten) {
      const dead = Promise.withResolvers<void>();
      let frozen: number[] = [];
      let since = Infinity;
      const write = await ambush.at(
        (one) => byRunner(one) && matches(one),
        async () => {
          silence = dead.promise;
          since = Date.now() * 1000;
          frozen = await freeze(RUNNER);
        },
      );
      await isWritten(write, since);
      await kill(frozen);
      silence = undefined;
      dead.resolve();
    },
    async mute(act) {
      const end = Promise.withResolvers<void>();
      silence = end.promise;
      await act();
      silence = undefined;
      end.resolve();
    },
  };
  return ambush;
}

export const byRunner: Matches = ({ user }) => user.endsWith(':ordo-runner');
export const byController: Matches = ({ user }) => user.endsWith(':ordo');

/** Whether this is the write by which the runner says that the rollout is over. */
export function isLastWord({ name, object }: Write): boolean {
  const { outcome } = (object['binaryData'] ?? {}) as { outcome?: string };
  if (!name.startsWith('ordo-outcome-') || outcome === undefined) return false;
  const { state } = JSON.parse(gunzipSync(Buffer.from(outcome, 'base64')).toString()) as { state: string };
  return state !== 'running';
}
