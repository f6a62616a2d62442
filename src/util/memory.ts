import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

const GROWTH = 4 * 1024 * 1024;
let collect: Collect | undefined;
let floor = 0;

/**
 * Gives back to the system what is not needed any more, when that is worth some 30 ms: the heap has grown by 4 MiB. Node
 * would keep it until it needs more, which an idle controller never does.
 */
export function giveBackMemory(): void {
  if (getHeapStatistics().total_physical_size < floor + GROWTH) return;
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  floor = getHeapStatistics().total_physical_size;
}
