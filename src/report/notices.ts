import type { HistoryEntry } from '../domain/history.ts';
import { nameOf } from '../domain/identity.ts';
import type { Plan } from '../domain/plan.ts';
import { redact } from '../util/redact.ts';
import { whyFailed } from './failure.ts';

/** What is told as an Event of Kubernetes: its type, a word for machines, a line for people. */
export interface Notice {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** So many objects are named one by one; the rest stands in history and plan. */
const MOST = 20;
/** What the API server takes as the note of an Event. */
const LENGTH = 1024;

/** How a rollout ended, and each step of it that failed. */
export function endNotices(entry: HistoryEntry): Notice[] {
  const { rollout, commit, state, reason, restarts, steps } = entry;
  const what = `rollout ${rollout}${restarts ? ', restarts for changed configuration' : ` to ${commit.slice(0, 10)}`}`;
  const done = steps.filter((step) => step.state === 'done').length;
  if (state === 'done') return [notice('Normal', 'RolloutDone', `${what}: ${done} done`)];
  if (state === 'stopped') return [notice('Normal', 'RolloutStopped', `${what}: ${reason ?? 'it was stopped'}`)];
  const failed = steps.filter((step) => step.state === 'failed');
  return [
    notice('Warning', 'RolloutFailed', whyFailed(entry)),
    ...failed
      .slice(0, MOST)
      .map(({ object, reason: why }) => notice('Warning', 'StepFailed', `${object}: ${why ?? 'no reason is known'}`)),
  ];
}

/** What is held now and was not told before, by object; `told` are those objects afterwards. */
export function heldNotices({ steps }: Plan, before: ReadonlySet<string>): { notices: Notice[]; told: Set<string> } {
  const held = steps
    .filter(({ kind }) => kind === 'hold')
    .map(({ entry, reason }) => ({ name: nameOf(entry), reason }));
  const fresh = held.filter(({ name }) => !before.has(name)).slice(0, MOST);
  return {
    notices: fresh.map(({ name, reason }) => notice('Warning', 'Held', `${name}: ${reason}`)),
    told: new Set(held.map(({ name }) => name)),
  };
}

/** Nobody carries out the rollout. */
export const stuckNotice = (rollout: number, reason: string): Notice =>
  notice('Warning', 'RolloutStuck', `rollout ${rollout} waits: ${reason}`);

function notice(type: Notice['type'], reason: string, text: string): Notice {
  const message = redact(text.replaceAll(/\s*\n\s*/g, '; '));
  return { type, reason, message: message.length > LENGTH ? `${message.slice(0, LENGTH - 1)}…` : message };
}
