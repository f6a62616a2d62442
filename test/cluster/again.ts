import type { LanesResult } from './lanes.ts';
import type { Tally } from './run-tests.ts';

/**
 * Runs files, and once more those in which a test failed, if they are at most `few`. Tests on the cluster wait for real
 * clocks (probes, leases, grace periods) on machines that others use too, so that one in some thousand comes too late. What
 * passes only then is counted and told as such; a file that fails twice has failed. Of a file that ran twice the second run
 * counts, of complaints that belong to no file both.
 */
export async function runAgain(
  files: readonly string[],
  few: number,
  run: (files: readonly string[]) => Promise<LanesResult>,
): Promise<Tally[]> {
  const first = await run(files);
  const failed = first.results.filter(({ tally }) => tally.failures.length > 0);
  const isAgain = failed.length > 0 && failed.length <= few;
  const second = isAgain ? await run(failed.map(({ file }) => file)) : undefined;
  const tallies = first.results.map(({ file, tally }): Tally => {
    const later = second?.results.find((one) => one.file === file)?.tally;
    if (later === undefined) return tally;
    return { ...later, unsteady: later.failures.length === 0 ? tally.failures : [] };
  });
  const complaints = [...first.complaints, ...(second?.complaints ?? [])];
  return [...tallies, { passed: 0, failures: [], skipped: 0, complaints }];
}
