import * as z from 'zod';
import { CommitAbout } from './commit.ts';
import { StepOutcome } from './outcome.ts';

/** A commit that changed nothing in the cluster: only the SHA moved. */
const UnchangedCommit = z.object({ commit: z.string(), seen: z.string(), about: CommitAbout.optional() });
export type UnchangedCommit = z.infer<typeof UnchangedCommit>;

/** One rollout as the record keeps it. Times are ISO 8601 in UTC with milliseconds. */
export const HistoryEntry = z.object({
  rollout: z.number().int().positive(),
  commit: z.string(),
  state: z.enum(['running', 'done', 'failed', 'stopped']),
  /** When the change was seen. */
  seen: z.string(),
  begin: z.string(),
  end: z.string().optional(),
  reason: z.string().optional(),
  /** Equal for plans that would do the same: a failed plan is not repeated without a pause. */
  fingerprint: z.string(),
  /** The rollout that failed, and whose group this one puts back. */
  rollbackOf: z.number().int().positive().optional(),
  /** Why the cluster did not become equal to the commit although all was done: something is in quarantine. */
  behind: z.string().optional(),
  /** It belongs to no commit: restarts for configuration that changed outside of Git. */
  restarts: z.literal(true).optional(),
  /** Of a rollback: what the failed version changed and nobody reversed. */
  notReversed: z.array(z.string()).optional(),
  about: CommitAbout.optional(),
  /** The commits after this rollout and before the next that changed nothing, newest first. */
  unchanged: z.array(UnchangedCommit).optional(),
  /** Who asked for it on the command line: released what it deletes, or had what failed tried again. */
  by: z.string().optional(),
  steps: z.array(
    StepOutcome.partial({ state: true }).extend({
      kind: z.string(),
      object: z.string(),
      source: z.string(),
      /** Position in the file, from 0. */
      document: z.number().optional(),
    }),
  ),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** Newest first. */
export const History = z.array(HistoryEntry);
export type History = z.infer<typeof History>;

/** The rollouts that came from a commit: what failed and what is next is theirs to say. */
export const ofCommits = (history: History): History => history.filter(({ restarts }) => restarts !== true);

const MOST_ENTRIES = 100;
/** Some 250 KiB when they are written, and it takes 50 ms to read so many. */
const MOST_STEPS = 10_000;

/** The newest rollouts, at most a hundred; fewer when they were large ones, but the last one always. */
export function newestOf(history: History): History {
  let steps = 0;
  return history.filter((entry, index) => {
    steps += entry.steps.length;
    return index === 0 || (index < MOST_ENTRIES && steps <= MOST_STEPS);
  });
}

/** Of one rollout so many commits that changed nothing after it are remembered. */
const MOST_UNCHANGED = 100;

/**
 * The history with a commit that changed nothing; undefined when there is nothing to write: it stands there already, or
 * there was no rollout yet that it could follow.
 */
export function withUnchanged([newest, ...older]: History, commit: UnchangedCommit): History | undefined {
  if (newest === undefined) return undefined;
  const { unchanged = [] } = newest;
  if ([newest, ...unchanged].some((known) => known.commit === commit.commit)) return undefined;
  return [{ ...newest, unchanged: [commit, ...unchanged].slice(0, MOST_UNCHANGED) }, ...older];
}

/**
 * Seconds from the commit to the end of the rollout that made it live. Undefined for what did not succeed, and for a later
 * rollout of a commit that was live before (a new digest, a repair): nobody has pushed then.
 */
export function pushToLive({ commit, state, end, about }: HistoryEntry, older: History): number | undefined {
  const wasLive = ofCommits(older).some((entry) => entry.commit === commit && entry.state === 'done');
  if (state !== 'done' || end === undefined || about === undefined || wasLive) return undefined;
  return Math.max(0, Math.round((Date.parse(end) - Date.parse(about.committed)) / 1000));
}
