import type { Bundle, Failure } from '../../domain/bundle.ts';
import { cut } from '../redact.ts';

/** Bytes as JSON: of one failed step, and of all that is kept of a rollout. */
const MOST_OF_ONE = 8 * 1024;
const MOST_OF_ALL = 200 * 1024;
const LONGEST_LINE = 400;
const LONGEST_TEXT = 1_000;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** As many failures as there is room for, in their order, and how many more there were. */
export function fitAll(failures: readonly Failure[]): Pick<Bundle, 'failures' | 'omitted'> {
  const kept: Failure[] = [];
  let left = MOST_OF_ALL;
  for (const failure of failures) {
    const fitting = fitOne(failure);
    left -= bytesOf(fitting);
    if (left < 0) break;
    kept.push(fitting);
  }
  return { failures: kept, omitted: failures.length - kept.length };
}

/** Cuts long texts, and then takes away what is oldest: lines of the longest log, then events. */
export function fitOne(failure: Failure): Failure {
  const fitting = structuredClone(failure);
  const containers = fitting.pods.flatMap((pod) => pod.containers);
  for (const pod of fitting.pods) if (pod.reason !== undefined) pod.reason = cut(pod.reason, LONGEST_TEXT);
  for (const event of fitting.events) event.message = cut(event.message, LONGEST_LINE);
  for (const container of containers) {
    container.state = cut(container.state, LONGEST_TEXT);
    if (container.log) container.log.lines = container.log.lines.map((line) => cut(line, LONGEST_LINE));
  }
  const logs = containers.flatMap(({ log }) => log ?? []);
  while (bytesOf(fitting) > MOST_OF_ONE) {
    const longest = logs.toSorted((a, b) => bytesOf(b) - bytesOf(a))[0];
    if (longest !== undefined && longest.lines.length > 1) longest.lines.shift();
    else if (fitting.events.shift() === undefined) break;
  }
  return fitting;
}
