import type { Bundle, ContainerSeen, Failure } from '../domain/bundle.ts';
import { pushToLive, type History, type HistoryEntry } from '../domain/history.ts';

/** The last rollouts, newest first: two lines for each, and one for each commit that changed nothing. */
export function historyAsText(history: History): string {
  if (history.length === 0) return 'no rollout is recorded\n';
  const entries = history.flatMap((entry, index) => [
    ...(entry.unchanged ?? []).map(
      ({ commit, about, seen }) => `          no change  ${titleOf({ commit, about })}; seen ${time(seen)}`,
    ),
    `rollout ${String(entry.rollout).padEnd(4)}  ${entry.state.padEnd(7)}  ${titleOf(entry)}`,
    `          ${timesOf(entry, history.slice(index + 1))}; ${countsOf(entry)}`,
  ]);
  return `${entries.map(oneLine).join('\n')}\n`;
}

/** One rollout with all its steps, and what was seen of those that failed. `older`: the rollouts before it. */
export function rolloutAsText(entry: HistoryEntry, older: History, bundle: Bundle | undefined): string {
  const { rollout, state, reason, rollbackOf, restarts, notReversed = [], behind, steps } = entry;
  const lines = [
    `rollout ${rollout}${restarts ? ': ' : ' to '}${titleOf(entry)}`,
    `${state}; ${timesOf(entry, older)}; ${countsOf(entry)}`,
    ...(rollbackOf === undefined ? [] : [`it puts back what rollout ${rollbackOf} changed`]),
    ...(notReversed.length === 0 ? [] : [`not reversed: ${notReversed.join(', ')}`]),
    ...(behind === undefined ? [] : [`behind: ${behind}`]),
    ...(reason === undefined ? [] : [reason]),
  ];
  for (const [index, step] of steps.entries()) {
    const took = step.begin && step.end ? `  ${duration(step.begin, step.end)}` : '';
    const file = step.document ? `${step.source}, document ${step.document + 1}` : step.source;
    lines.push(`  ${stateOf(step).padEnd(11)}  ${step.kind} ${step.object}  ${file}${took}`);
    lines.push(...(step.reason ?? '').split('\n').flatMap((text) => (text === '' ? [] : [`    ${text}`])));
    const failure = bundle?.failures.find((one) => one.step === index);
    if (failure) lines.push(...failureLines(failure).map((line) => `      ${line}`));
  }
  if (bundle && bundle.omitted > 0) lines.push(`there was no room for the pods of ${bundle.omitted} more failed steps`);
  return `${lines.map(oneLine).join('\n')}\n`;
}

function failureLines({ pods, events, unseen }: Failure): string[] {
  return [
    ...(unseen === undefined ? [] : [unseen]),
    ...pods.flatMap(({ name, phase, reason, containers }) => [
      `pod ${name}: ${phase}${reason === undefined ? '' : `, ${reason}`}`,
      ...containers.flatMap(containerLines).map((line) => `  ${line}`),
    ]),
    ...(events.length === 0 ? [] : ['last events']),
    ...events.map(
      ({ at, object, reason, message, count }) =>
        `  ${time(at)}  ${object}  ${reason}: ${message}${count > 1 ? ` (${count} times)` : ''}`,
    ),
  ];
}

function containerLines({ name, state, restarts, last, log }: ContainerSeen): string[] {
  const before = last ? `; ended before with exit code ${last.exitCode ?? '?'} (${last.reason})` : '';
  const again = restarts > 0 ? `; restarted ${restarts} times` : '';
  const whose = log?.previous ? 'log of the instance before, its end' : 'log, its end';
  return [
    `container ${name}: ${state}${before}${again}`,
    ...(log ? [whose, ...log.lines.map((line) => `  | ${line}`)] : []),
  ];
}

function titleOf({ commit, about, restarts }: Pick<HistoryEntry, 'commit' | 'about' | 'restarts'>): string {
  if (restarts) return 'restarts for changed configuration';
  return [commit.slice(0, 10), about && `${about.author}: ${about.subject}`].filter(Boolean).join('  ');
}

function timesOf(entry: HistoryEntry, older: History): string {
  const { about, seen, begin, end } = entry;
  const live = pushToLive(entry, older);
  const times = [
    about && `committed ${time(about.committed)}`,
    `seen ${time(seen)}`,
    `begun ${time(begin)}`,
    end && `ended ${time(end)}`,
    live !== undefined && `live ${live} s after the push`,
  ];
  return times.filter(Boolean).join(', ');
}

function countsOf({ steps }: HistoryEntry): string {
  const states = Map.groupBy(steps, stateOf);
  const order = ['done', 'failed', 'held', 'skipped', 'not-reached', 'running'] as const;
  const counts = order.flatMap((state) => (states.has(state) ? [`${states.get(state)?.length} ${state}`] : []));
  return counts.length === 0 ? 'no steps' : counts.join(', ');
}

/** What has no outcome yet is held, or still to come. */
const stateOf = ({ kind, state }: HistoryEntry['steps'][number]) => state ?? (kind === 'hold' ? 'held' : 'running');

/** To the second, in UTC: `2026-11-21 21:50:00`. */
const time = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

const duration = (begin: string, end: string): string =>
  `${((Date.parse(end) - Date.parse(begin)) / 1000).toFixed(1)} s`;

/** Names, messages and logs are other people's: none moves the cursor or begins a line of its own. */
const oneLine = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (sign) =>
    sign === '\t' ? '  ' : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
