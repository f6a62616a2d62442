import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../cluster/command.ts';
import { list, median, type Figure } from './figure.ts';

const SCRIPT = join(import.meta.dirname, 'plan-once.ts');
const LIMIT_MS = 200;

interface Took {
  /** By the clock. */
  ms: number;
  /** Of the processor, in ms: what is left of it when others are at work on the machine. */
  processor: number;
}

/** How long a plan takes from the files' bytes, each time in a fresh process: as cold as the controller's first. */
export async function plan(): Promise<Figure[]> {
  const file = join(await mkdtemp(join(tmpdir(), 'bench-')), 'inventory.json');
  await writeFile(file, '');
  await writeFile(file, await command(process.execPath, [SCRIPT, file]));
  const runs: Took[] = [];
  for (let run = 0; run < 7; run += 1) runs.push(JSON.parse(await command(process.execPath, [SCRIPT, file])) as Took);
  const values = runs.map(({ ms }) => ms);
  return [
    {
      name: 'plan for 1,000 manifests, all changed',
      value: median(values),
      unit: 'ms',
      target: `< ${LIMIT_MS} ms`,
      met: median(values) < LIMIT_MS,
      detail: `fresh processes: ${list(values, 0)}; of the processor: ${list(
        runs.map((run) => run.processor),
        0,
      )}`,
    },
  ];
}
