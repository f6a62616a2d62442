import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleared, mark, ordosWrites } from '../e2e/footprints.ts';
import { CONTROLLER, find } from '../e2e/processes.ts';
import { NAMESPACE, type Site } from '../e2e/site.ts';
import { list, median, seconds, type Figure } from './figure.ts';
import { settled } from './rollout.ts';

const PERIOD_SECONDS = 60;
const SAMPLES = 6;
export const MIB = 1024 * 1024;

/** What an idle controller costs that has 1,000 manifests: memory, requests that GitHub counts, writes. */
export async function idle(site: Site): Promise<Figure[]> {
  const { world } = site;
  await cleared(site);
  await settled(site);
  const from = await mark(world);
  const asked = world.github.requests().length;
  const before = await processorSeconds();
  const resident: number[] = [];
  const working: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    await sleep((PERIOD_SECONDS / SAMPLES) * 1000);
    resident.push((await residentBytes()) / MIB);
    working.push((await workingSet(site)) / MIB);
  }
  const spent = (await processorSeconds()) - before;
  const requests = world.github.requests().slice(asked);
  const writes = await ordosWrites(world, from);
  const counted = requests.filter((request) => request.counted).length;
  const scale = (count: number): number => (count * 3600) / PERIOD_SECONDS;
  const during = `${PERIOD_SECONDS} s with ${requests.length} polls`;
  const memory = (name: string, values: readonly number[], limit: number): Figure => ({
    name: `memory of the controller, 1,000 manifests: ${name}`,
    value: median(values),
    unit: 'MiB',
    target: `< ${limit} MiB`,
    met: median(values) < limit,
    detail: `${list(values, 0)} while idle, after all rollouts of this run`,
  });
  const none = (name: string, unit: string, count: number): Figure => ({
    name: `idle cost: ${name}`,
    value: scale(count),
    unit,
    target: '0',
    met: count === 0,
    detail: `${count} in ${during}`,
  });
  return [
    memory('RSS', resident, 96),
    memory('working set of its container', working, 64),
    none('requests that GitHub counts', 'an hour', counted),
    none('API writes', 'an hour', writes.length),
    {
      name: 'idle cost: processor',
      value: (spent * 1000) / requests.length,
      unit: 'ms a poll',
      target: '',
      detail: `${seconds(spent)} in ${during}`,
    },
  ];
}

/** Of Node alone, now or at its highest since it began; tini beside it has less than one MiB. */
export async function residentBytes(which: 'VmRSS' | 'VmHWM' = 'VmRSS'): Promise<number> {
  const sizes = (await find(CONTROLLER)).map(async (pid) => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    return Number(new RegExp(`^${which}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  });
  return Math.max(...(await Promise.all(sizes)));
}

/** What Node has used since it began, in hundredths, as the kernel counts. */
async function processorSeconds(): Promise<number> {
  const used = (await find(CONTROLLER)).map(async (pid) => {
    // Behind the name, which may hold anything: utime and stime are the 12th and 13th.
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  });
  return Math.max(...(await Promise.all(used)));
}

interface Summary {
  pods: { podRef: { name: string }; containers?: { name: string; memory?: { workingSetBytes?: number } }[] }[];
}

/** What the kubelet says, and evicts by. It looks every ten seconds. */
export async function workingSet(site: Site): Promise<number> {
  const [node] = (await site.kubectl('get', 'nodes', '-o', 'name')).trim().split('\n');
  const text = await site.kubectl('get', '--raw', `/api/v1/${node?.replace('node/', 'nodes/')}/proxy/stats/summary`);
  const pods = await site.kubectl('-n', NAMESPACE, 'get', 'pods', '-l', 'app=ordo', '-o', 'name');
  const { pods: all } = JSON.parse(text) as Summary;
  const own = all.find(({ podRef }) => `pod/${podRef.name}` === pods.trim());
  return own?.containers?.find(({ name }) => name === 'ordo')?.memory?.workingSetBytes ?? NaN;
}
