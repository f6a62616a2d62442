import { idOf } from '../domain/identity.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Plan } from '../domain/plan.ts';
import { restsUntil, type Due } from '../plan/restarts.ts';
import { backoff } from '../util/backoff.ts';

const TOO_OFTEN = 'it was restarted three times within ten minutes (does it write its configuration itself?)';
/** The part of the time for changes that are one restart by which a workload may be early, to go along with another one. */
const EARLY = 0.2;
const REST = { first: 60_000, most: 600_000 };

/**
 * When what is due is carried out: a little after its first change, what could not be restarted after a growing pause, and
 * what was restarted too often after a long one.
 *
 * @param together changes that come so close together are one restart, in ms
 */
export function createRestartTimes(together: number, random: () => number) {
  /** By id, since when a workload is due, in ms. */
  const since = new Map<string, number>();
  /** By id, workloads that could not be restarted. */
  const rests = new Map<string, { wanted: string; failures: number; until: number; reason: string }>();
  /** When a person last asked to try again. */
  let forgiven: Date | undefined;
  return { update, sinceOf, readyAt, ripe, reasonOf, ended, forgive };

  /** What was up to then does not count any more. */
  function forgive(at?: Date): void {
    rests.clear();
    forgiven = at;
  }

  /** Answers with those that were not due before. */
  function update(due: readonly Due[], now: Date): Due[] {
    const ids = new Set(due.map(({ identity }) => idOf(identity)));
    for (const known of [since, rests]) for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    const fresh = due.filter(({ identity }) => !since.has(idOf(identity)));
    for (const { identity } of fresh) since.set(idOf(identity), now.getTime());
    return fresh;
  }

  function sinceOf({ identity }: Due): number | undefined {
    return since.get(idOf(identity));
  }

  /** In ms since 1970. Another change ends the pause. */
  function readyAt(one: Due): number {
    const rest = restOf(one);
    return Math.max((sinceOf(one) ?? 0) + together, rest?.until ?? 0, restsUntil(one, forgiven) ?? 0);
  }

  /** What is restarted now. What would be within a moment goes along: objects that change in one go are not seen in one. */
  function ripe(due: readonly Due[], now: Date): Due[] {
    const readyBy = (ms: number): Due[] => due.filter((one) => readyAt(one) <= ms);
    return readyBy(now.getTime()).length === 0 ? [] : readyBy(now.getTime() + together * EARLY);
  }

  /** Why it is not restarted soon; undefined when it is. */
  function reasonOf(one: Due): string | undefined {
    const failed = restOf(one)?.reason;
    if (failed !== undefined) return `it failed (${failed})`;
    return restsUntil(one, forgiven) === undefined ? undefined : TOO_OFTEN;
  }

  function restOf({ identity, sees }: Due) {
    const rest = rests.get(idOf(identity));
    return rest?.wanted === JSON.stringify(sees) ? rest : undefined;
  }

  function ended({ steps }: Plan, outcome: Outcome, now: Date): void {
    for (const [index, step] of steps.entries()) {
      const end = outcome.steps[String(index)];
      if (step.kind !== 'roll' || end?.state === 'done' || end?.state === 'skipped') continue;
      const id = idOf(step.entry);
      const wanted = JSON.stringify(step.sees);
      const before = rests.get(id);
      const failures = before?.wanted === wanted ? before.failures + 1 : 1;
      const reason = (end?.reason ?? 'it was not reached').replaceAll(/\s*\n\s*/g, '; ');
      rests.set(id, { wanted, failures, until: now.getTime() + backoff(failures, { ...REST, random }), reason });
    }
  }
}
