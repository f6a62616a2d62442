import type { Clock } from '../util/clock.ts';
import { createHoldOff } from './hold-off.ts';
import { clockAhead, quotaOf, stretchOf, type Charged, type Quota } from './quota.ts';

/** Numbers about what was asked, for `/metrics`. */
export interface BudgetNumbers {
  /** Requests since the start by host and class: `2xx` … `5xx`, `304`, `none` (no answer); git's commands by `git` and `git-failed`. */
  requests: readonly { host: string; result: string; count: number }[];
  quotas: readonly (Quota & { host: string })[];
  /** Hosts that want to be left alone, and until when: milliseconds since 1970. */
  pauses: readonly { host: string; until: number }[];
  /** Milliseconds that hosts' clocks are ahead of ours, where it is a minute or more. */
  ahead: readonly { host: string; ms: number }[];
}

/** One budget for everything that is asked of GitHub and registries: what it cost, what is left, who wants a pause. */
export interface Budget {
  /** Until when a host wants no request of this payer; undefined: it may be asked. */
  pause(host: string, payer: string): Date | undefined;
  /** Counts a request with its answer, or without one. */
  charge(host: string, payer: string, answer: Charged | undefined): void;
  /** Counts a command of git, whose requests nobody sees. */
  chargeGit(host: string, succeeded: boolean): void;
  /** Milliseconds between two polls: as set, or longer while the quota of who asks runs low. */
  interval(set: number): number;
  /** Why the interval is longer than set; undefined when it is not. */
  stretched(set: number): string | undefined;
  /** That the clock here is off by more than five minutes; undefined when it is not. */
  wrongClock(): string | undefined;
  numbers(): BudgetNumbers;
}

/** No interval is stretched beyond it, in milliseconds. */
const LONGEST = 600_000;
/** A quota of which nothing was heard for so long is nobody's any more: the token was replaced. More than two of the longest intervals. */
const FORGOTTEN = 1_500_000;
const MOST_HOSTS = 50;
const WRONG_CLOCK = 300_000;

type Known = Quota & { host: string; heard: number };

export function createBudget(clock: Clock): Budget {
  const holdOff = createHoldOff(clock);
  const counts = new Map<string, { host: string; result: string; count: number }>();
  const quotas = new Map<string, Known>();
  const ahead = new Map<string, number>();
  const now = (): number => clock.now().getTime();

  return {
    pause: (host, payer) => holdOff.until(keyOf(host, payer)),
    charge(host, payer, answer) {
      count(host, resultOf(answer?.status));
      if (answer === undefined) return;
      holdOff.note(keyOf(host, payer), answer);
      const skew = clockAhead(answer.headers, now());
      if (skew === 0) ahead.delete(host);
      else if (ahead.size < MOST_HOSTS) ahead.set(host, skew);
      const quota = quotaOf(answer.headers, now());
      if (quota !== undefined) quotas.set(keyOf(host, payer), { ...quota, host, heard: now() });
    },
    chargeGit: (host, succeeded) => count(host, succeeded ? 'git' : 'git-failed'),
    interval,
    stretched(set) {
      const longer = interval(set);
      const tight = tightest();
      if (longer <= set || tight === undefined) return undefined;
      const { host, remaining, limit, reset } = tight;
      const seconds = (ms: number): number => Math.round(ms / 1000);
      return (
        `polls every ${seconds(longer)} s instead of ${seconds(set)} s: ${remaining} of ${limit} requests are left at ` +
        `${host} until ${new Date(reset).toISOString()}; do others use the same token?`
      );
    },
    wrongClock() {
      const [host, ms] = [...ahead].find(([, one]) => Math.abs(one) > WRONG_CLOCK) ?? [];
      if (host === undefined || ms === undefined) return undefined;
      const minutes = Math.round(Math.abs(ms) / 60_000);
      return `the clock here is ${minutes} min ${ms > 0 ? 'behind' : 'ahead of'} that of ${host}: set it, certificates are judged by it`;
    },
    numbers: () => ({
      requests: [...counts.values()],
      quotas: inForce(),
      pauses: holdOff.list().map(({ key, until }) => ({ host: key.split(' ')[0] ?? '', until })),
      ahead: [...ahead].map(([host, ms]) => ({ host, ms })),
    }),
  };

  function interval(set: number): number {
    const tight = tightest();
    if (tight === undefined) return set;
    const longest = Math.min(LONGEST, Math.max(tight.reset - now(), 0));
    return Math.max(set, Math.min(set * stretchOf(tight, now()), longest));
  }

  function tightest(): Known | undefined {
    return inForce().toSorted((a, b) => stretchOf(b, now()) - stretchOf(a, now()))[0];
  }

  function inForce(): Known[] {
    for (const [key, { reset, heard }] of quotas) {
      if (reset <= now() || now() - heard > FORGOTTEN) quotas.delete(key);
    }
    return [...quotas.values()];
  }

  function count(host: string, result: string): void {
    const key = `${host} ${result}`;
    const entry = counts.get(key) ?? { host, result, count: 0 };
    entry.count += 1;
    if (counts.has(key) || counts.size < 10 * MOST_HOSTS) counts.set(key, entry);
  }
}

const keyOf = (host: string, payer: string): string => `${host} ${payer}`;

/** A 304 stands alone, because it costs no quota. */
function resultOf(status: number | undefined): string {
  if (status === undefined) return 'none';
  return status === 304 ? '304' : `${Math.floor(status / 100)}xx`;
}
