import { leftAlone } from '../domain/left-alone.ts';
import { readAll } from './read.ts';
import { manifestOf, type Run } from './run.ts';
import type { Applying } from './segments.ts';

/** Before objects are applied of which people want fields left alone: what is sent of these fields is what is there. */
export async function leaveAlone(run: Run, items: readonly Applying[]): Promise<void> {
  const asked = items.filter(({ index, step }) => step.leave !== undefined && !run.sent.has(index));
  const paths = asked.map(({ step }) => step.path);
  const found = await readAll(run.api, paths);
  for (const { index, step } of asked) {
    const live = found.get(step.path);
    if (live) run.sent.set(index, leftAlone(manifestOf(run, index), live, step.leave ?? []));
  }
}
