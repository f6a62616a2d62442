import type { Clock } from '../util/clock.ts';

/** The controller's answer to `ordo plan`: what it says, and the command's exit code. */
export interface Answer {
  text: string;
  /** 0: nothing to do, 1: something to do, 2: not known. */
  code: 0 | 1 | 2;
}

/** What the controller knows and does now, for people and probes. */
export interface Status {
  /** A pass begins. */
  begin(): void;
  /** The pass could not learn something; `since` is kept as long as it stays unknown. */
  unknown(what: string, reason: string): void;
  /** What the pass would do; `waits` says why it does not do it now. */
  planned(plan: string, isDue: boolean, waits?: string): void;
  /** A rollout began or was adopted. */
  running(rollout: number, plan: string): void;
  /** It has ended, and is about to be recorded; so it has when the next pass begins. */
  over(): void;
  /** What the running rollout waits for at the moment, one line each. */
  waiting(lines: readonly string[]): void;
  /** Why nobody carries out the running rollout at the moment; undefined: somebody does. */
  stuck(reason: string | undefined): void;
  /** Nothing moved since the last plan. */
  unchanged(): void;
  /** What is not known and since when, or why a rollout waits, as one line; undefined when all is well. */
  trouble(): string | undefined;
  /** What is not known, and since when. */
  unknownSince(): { what: string; since: Date } | undefined;
  isRunning(): boolean;
  now(): Answer;
  /** Which rollout runs, as one line; undefined when none does. */
  rollout(): string | undefined;
  /** Resolves when a pass that begins after this call has said something, or a rollout runs. */
  fresh(): Promise<void>;
}

/**
 * @param notes What should be known besides, whatever the passes say: a line each.
 * @param isMore Whether there is something to do of which the passes say nothing.
 */
export function createStatus(
  clock: Clock,
  notes: () => readonly string[] = () => [],
  isMore: () => boolean = () => false,
): Status {
  let pass = 0;
  let unknown: { what: string; reason: string; since: Date } | undefined;
  let running: string | undefined;
  let waitsFor: readonly string[] = [];
  let stuck: string | undefined;
  let plan = { text: '', isDue: false, waits: '' };
  let waiting: { from: number; resolve: () => void }[] = [];

  const status: Status = {
    begin() {
      pass += 1;
      over();
    },
    unknown(what, reason) {
      const since = unknown?.what === what ? unknown.since : clock.now();
      unknown = { what, reason, since };
      said();
    },
    planned(text, isDue, waits = '') {
      unknown = undefined;
      plan = { text, isDue, waits };
      said();
    },
    running(rollout, text) {
      unknown = undefined;
      plan = { text, isDue: true, waits: '' };
      running = `rollout ${rollout} is running since ${clock.now().toISOString()}`;
      said();
    },
    over,
    waiting: (lines) => void (waitsFor = lines),
    stuck(reason) {
      stuck = reason && `and waits: ${reason}`;
    },
    unchanged() {
      unknown = undefined;
      said();
    },
    trouble: () =>
      [unknownNow() ?? (stuck === undefined ? plan.waits : `${running} ${stuck}`), ...notes()]
        .filter(Boolean)
        .join('; ') || undefined,
    unknownSince: () => unknown,
    isRunning: () => running !== undefined,
    now() {
      const trouble = unknownNow();
      const isPlanned = plan.text !== '';
      const lines = [trouble, trouble && isPlanned ? 'everything stays as it is; the last plan was' : '', running];
      lines.push(stuck, ...waitsFor.map((line) => `waiting for ${line}`));
      const waits = plan.text.includes(plan.waits) ? '' : plan.waits;
      const text = [...lines, waits, plan.text.trimEnd(), ...notes()].filter(Boolean).join('\n');
      if (trouble !== undefined || !isPlanned) return { text: text || 'no pass has ended yet', code: 2 };
      return { text, code: plan.isDue || isMore() ? 1 : 0 };
    },
    rollout: () => running,
    fresh: () =>
      new Promise((resolve) => {
        if (running !== undefined) resolve();
        else waiting.push({ from: pass + 1, resolve });
      }),
  };
  return status;

  function over(): void {
    running = undefined;
    waitsFor = [];
    stuck = undefined;
  }

  function unknownNow(): string | undefined {
    return unknown && `${unknown.what} is not known since ${unknown.since.toISOString()}: ${unknown.reason}`;
  }

  function said(): void {
    const isAnswered = ({ from }: { from: number }): boolean => from <= pass || running !== undefined;
    for (const { resolve } of waiting.filter(isAnswered)) resolve();
    waiting = waiting.filter((one) => !isAnswered(one));
  }
}
