import { nameOf } from '../domain/identity.ts';
import type { Plan } from '../domain/plan.ts';
import { MISSING } from '../plan/drift.ts';
import type { Logger } from '../util/logger.ts';
import type { Observation } from './observe.ts';

/** Says what is not usable or held, when it is not what was said last; answers with what is said now. */
export function reportProblems({ input }: Observation, plan: Plan, before: string, log: Logger): string {
  const problems = input.problems.filter(({ severity }) => severity !== 'note');
  const held = plan.steps.filter(({ kind }) => kind === 'hold');
  const missing = plan.steps.filter(({ reason }) => reason === MISSING).map(({ entry }) => nameOf(entry));
  const repairs = plan.steps.filter(({ entry }) => entry.repaired !== undefined);
  const now = JSON.stringify([problems, held, missing, repairs.map(({ entry, reason }) => [nameOf(entry), reason])]);
  if (now === before) return now;
  if (missing.length > 0) {
    const some = { objects: missing.slice(0, 10), count: missing.length, recorded: input.inventory.objects.length };
    log.warn(some, 'recorded objects are not in the cluster any more');
  }
  for (const { kind, entry, reason } of repairs)
    if (kind !== 'hold') log.warn({ object: nameOf(entry), reason }, 'changed by others, and put back');
  for (const { path, document, reason } of problems) log.warn({ path, document, reason }, 'repository problem');
  for (const { entry, reason } of held) log.warn({ object: nameOf(entry), reason }, 'step held');
  return now;
}
