import { nameOf } from '../domain/identity.ts';
import type { Outcome, StepOutcome } from '../domain/outcome.ts';
import type { Plan } from '../domain/plan.ts';
import type { Logger } from '../util/logger.ts';
import type { Clock } from './clock.ts';
import type { Redact } from './redact.ts';

/** What has become of each step so far. Everything that people will read goes through the redaction here. */
export interface Book {
  begin(index: number): void;
  /** The object was changed; what that is worth shows when the step ends. */
  touch(index: number, changed: Changed): void;
  /** What was done to the object so far. */
  changed(index: number): Changed | undefined;
  /** Something to tell although nothing is wrong: kubectl's warning, a gate passed with a reservation. */
  note(index: number, text: string): void;
  done(index: number): void;
  /** Which fields Ordo owns of the applied object (`ownedMark`). */
  owns(index: number, mark: string): void;
  /** Definite unless the cause may pass by itself. */
  fail(index: number, reason: string, cause?: Cause): void;
  /** There is nothing left to do it to. */
  skip(index: number, reason: string): void;
  /** Not taken until something changes or a person allows it; no failure. */
  hold(index: number, reason: string): void;
  /** What the step waits for at the moment; undefined: for nothing any more. Answers whether that is news. */
  waits(index: number, reason: string | undefined): boolean;
  isDone(index: number): boolean;
  /** This step, or any when none is named. */
  hasFailed(index?: number): boolean;
  isHeld(index: number): boolean;
  /** Why a step has failed; undefined when it has not. */
  reasonOf(index: number): string | undefined;
  /** running: only steps that have ended; else all steps, those without an end as not reached. */
  outcome(state: Outcome['state'], reason?: string): Outcome;
}

export type Cause = NonNullable<StepOutcome['cause']>;
type Changed = NonNullable<StepOutcome['changed']>;

interface Page {
  begin?: string;
  end?: string;
  state?: 'done' | 'failed' | 'held' | 'skipped';
  reason?: string;
  cause?: Cause;
  changed?: Changed;
  waits?: string | undefined;
  owned?: string;
  notes: string[];
}

/** `earlier`: what another pod of the same Job has written; its done steps stay done. */
export function openBook(
  plan: Plan,
  earlier: Outcome | undefined,
  { clock, log, redact }: { clock: Pick<Clock, 'now'>; log: Logger; redact: Redact },
): Book {
  const kept = new Map<number, StepOutcome>();
  const pages: Page[] = plan.steps.map((step, index) => {
    const before = earlier?.steps[index];
    if (before?.state === 'done') kept.set(index, before);
    if (step.kind === 'hold') return { state: 'held', reason: step.reason, notes: [] };
    return before?.state === 'done' ? { state: 'done', notes: [] } : { notes: [] };
  });
  const page = (index: number): Page => pages[index] as Page;
  const nameAt = (index: number): string => nameOf((plan.steps[index] as Plan['steps'][number]).entry);
  const time = (): string => clock.now().toISOString();

  return {
    begin: (index) => void (page(index).begin ??= time()),
    touch: (index, changed) => void (page(index).changed = changed),
    changed: (index) => page(index).changed,
    note: (index, text) => void page(index).notes.push(redact(text)),
    done: (index) => void Object.assign(page(index), { state: 'done', end: time() }),
    owns: (index, mark) => void (page(index).owned = mark),
    fail(index, reason, cause) {
      const text = redact(reason);
      Object.assign(page(index), { state: 'failed', end: time(), reason: text, ...(cause && { cause }) });
      log.error({ step: index, object: nameAt(index), reason: text, cause }, 'step failed');
    },
    skip: (index, reason) => void Object.assign(page(index), { state: 'skipped', end: time(), reason: redact(reason) }),
    hold(index, reason) {
      const text = redact(reason);
      Object.assign(page(index), { state: 'held', end: time(), reason: text });
      log.warn({ step: index, object: nameAt(index), reason: text }, 'step held');
    },
    waits(index, reason) {
      const text = reason && redact(reason);
      const isNew = page(index).waits !== text;
      page(index).waits = text;
      return isNew;
    },
    isDone: (index) => page(index).state === 'done',
    hasFailed: (index) => (index === undefined ? pages : [page(index)]).some(({ state }) => state === 'failed'),
    isHeld: (index) => page(index).state === 'held',
    reasonOf: (index) => (page(index).state === 'failed' ? (page(index).reason ?? '') : undefined),
    outcome(state, reason) {
      const steps: Outcome['steps'] = {};
      for (const [index, entry] of pages.entries()) {
        const ended = kept.get(index) ?? stepOutcome(entry, state);
        if (ended) steps[index] = ended;
      }
      const why = reason === undefined ? {} : { reason: redact(reason) };
      const lines = pages.flatMap(({ waits }, index) => (waits === undefined ? [] : [`${nameAt(index)}: ${waits}`]));
      const waiting = state === 'running' && lines.length > 0 ? { waiting: lines } : {};
      return { version: 1, rollout: plan.rollout, state, ...why, ...waiting, steps };
    },
  };
}

function stepOutcome({ state, begin, end, reason, cause, changed, owned, notes }: Page, outcome: Outcome['state']) {
  if (state === undefined && outcome === 'running') return undefined;
  const text = [...(reason === undefined ? [] : [reason]), ...new Set(notes)].join('\n');
  const result: StepOutcome = { state: state ?? 'not-reached' };
  if (begin !== undefined && state !== undefined) result.begin = begin;
  if (end !== undefined) result.end = end;
  if (text !== '') result.reason = text;
  if (cause !== undefined && state === 'failed') result.cause = cause;
  if (changed !== undefined && state !== 'done') result.changed = changed;
  if (owned !== undefined) result.owned = owned;
  return result;
}
