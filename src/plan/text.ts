import { nameOf } from '../domain/identity.ts';
import { groupOf } from '../domain/order.ts';
import type { Plan, Step } from '../domain/plan.ts';
import { LAST } from './own-rights.ts';
import { restartLines } from './restarts.ts';
import type { Problem } from '../manifests/read.ts';

/** A plan as people read it: what would be done, in which order and why; then what is held and what is not usable. */
export function planAsText(plan: Plan, problems: readonly Problem[], notes: readonly string[] = []): string {
  const active = plan.steps.filter((step) => step.kind !== 'hold');
  if (plan.restarts)
    return `${[`rollout ${plan.rollout}: restarts`, ...restartLines(active)].map(printable).join('\n')}\n`;
  const lines = [
    active.length === 0 ? `nothing to do at ${short(plan.commit)}` : `rollout ${plan.rollout} to ${short(plan.commit)}`,
  ];
  if (plan.behind !== undefined) lines.push(`behind: ${plan.behind}`);
  let group: string | undefined;
  for (const step of active) {
    const isLast = (step.kind === 'delete' && step.phase === 'end') || groupOf(step.place) >= LAST.rights;
    const heading = isLast ? 'after the last group' : `group ${groupOf(step.place)}`;
    if (heading !== group) lines.push(heading);
    group = heading;
    lines.push(line(step));
  }
  section(lines, 'held', plan.steps.filter((step) => step.kind === 'hold').map(line));
  section(
    lines,
    'recorded without a step',
    plan.moved.map((entry) => `  ${nameOf(entry)}  ${entry.source}`),
  );
  section(
    lines,
    'gone from the cluster already',
    plan.gone.map((id) => `  ${id}`),
  );
  section(
    lines,
    'kept in the cluster (ordo.dev/prune)',
    plan.kept.map((id) => `  ${id}`),
  );
  section(
    lines,
    'noted',
    notes.map((note) => `  ${note}`),
  );
  section(lines, 'in the repository', problems.map(problemLine));
  return `${lines.map(printable).join('\n')}\n`;
}

function section(lines: string[], heading: string, content: readonly string[]): void {
  if (content.length > 0) lines.push(heading, ...content);
}

const line = (step: Step): string =>
  `  ${step.kind.padEnd(8)}  ${nameOf(step.entry)}  ${step.entry.source}  (${step.reason})`;

const problemLine = ({ severity, path, document, reason }: Problem): string =>
  `  ${severity.padEnd(8)}  ${path}${document === undefined ? '' : `, document ${document}`}: ${reason}`;

/** Names come from the repository: none may move the cursor or begin a line of its own. */
export const printable = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

const short = (commit: string): string => commit.slice(0, 10);
