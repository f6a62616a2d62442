import { list, median, type Figure } from './figure.ts';
import type { Measured } from './pairs.ts';

/** How long a Job takes to its first request, and its outcome to the controller's eyes; from the rollouts of this run. */
export async function job(_: unknown, { times }: Measured): Promise<Figure[]> {
  const starts = times.map(({ created, request }) => request - created);
  const reads = times.map(({ outcome, read }) => read - outcome);
  const figure = (name: string, values: readonly number[], limit: number): Figure => ({
    name,
    value: median(values),
    unit: 's',
    target: `≤ ${limit} s`,
    met: median(values) <= limit,
    detail: list(values),
  });
  return [
    figure("Job: created to kubectl's first write", starts, 1),
    figure('outcome: written to read by the controller', reads, 0.2),
  ];
}
