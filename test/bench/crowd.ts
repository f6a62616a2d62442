import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { say } from '../cluster/cache.ts';
import { mark, readsSince } from '../e2e/footprints.ts';
import { restarts } from '../e2e/ordo.ts';
import type { Site } from '../e2e/site.ts';
import { list, median, type Figure } from './figure.ts';
import { MIB, residentBytes, workingSet } from './idle.ts';
import { folderOf, timed } from './kubectl.ts';
import { groups, watched } from './repository.ts';
import { pollsOf, rollOut, settled, textOf } from './rollout.ts';

const FOREIGN = { namespaces: 20, each: 1000 };
const SAMPLES = 6;
/** Of the poll interval that Ordo has where nobody sets another one. */
const POLLS_A_MINUTE = 3;

/** What a controller costs that has 1,000 and 10,000 objects in a cluster with 20,000 of others. */
export async function crowd(site: Site): Promise<Figure[]> {
  await createForeign(site);
  return [...(await managed(site, 10, 96)), ...(await managed(site, 100, 160))];
}

/** Rolls out so many groups of 100 objects, and looks at the idle controller then. */
async function managed(site: Site, count: number, limit: number): Promise<Figure[]> {
  const before = await restarts(site);
  const numbers = Array.from({ length: count }, (_, index) => 10 + index);
  const times = await rollOut(site, watched(groups('ordo', numbers, 1)));
  say(`${count * 100} objects beside 20,000 others: ${textOf(times)}`);
  await settled(site);
  const [from, polls] = [await mark(site.world), pollsOf(site).length];
  const resident: number[] = [];
  const working: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    await settled(site);
    resident.push((await residentBytes()) / MIB);
    working.push((await workingSet(site)) / MIB);
  }
  await failWhereKilled(site, before);
  const peak = ((await residentBytes('VmHWM')) / MIB).toFixed(0);
  const asked = (await readsSince(site.world, from)).length;
  const perMinute = (asked / (pollsOf(site).length - polls)) * POLLS_A_MINUTE;
  const name = `${(count * 100).toLocaleString('en')} objects beside 20,000 others`;
  return [
    {
      name: `${name}: RSS of the controller`,
      value: median(resident),
      unit: 'MiB',
      target: `< ${limit} MiB`,
      met: median(resident) < limit,
      detail: `${list(resident, 0)} while idle; working set ${list(working, 0)}; at most ${peak} at any time`,
    },
    {
      name: `${name}: requests to the API server`,
      value: perMinute,
      unit: 'a minute',
      target: '< 10',
      met: perMinute < 10,
      detail: `${asked} in ${pollsOf(site).length - polls} polls, at the default interval of 20 s`,
    },
  ];
}

/** A controller that was killed at its limit begins anew, and would look small. */
async function failWhereKilled(site: Site, before: string): Promise<void> {
  const now = await restarts(site);
  if (now !== before)
    throw new Error(`restarts of the controller: ${before} before, ${now} now: see its limit of memory`);
}

/** ConfigMaps of others, a list of them for each Namespace. */
async function createForeign({ world }: Site): Promise<void> {
  const folder = await folderOf({});
  for (let number = 0; number < FOREIGN.namespaces; number += 1) {
    const namespace = `foreign-${number}`;
    const items: object[] = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }];
    for (let index = 0; index < FOREIGN.each; index += 1) {
      const metadata = { name: `settings-${index}`, namespace, labels: { app: 'other' } };
      items.push({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { index: String(index) } });
    }
    await writeFile(join(folder, `${namespace}.json`), items.map((item) => JSON.stringify(item)).join('\n'));
  }
  say(`20,000 objects of others: ${(await timed(world, 'create', '--validate=false', '-f', folder)).toFixed(0)} s`);
}
