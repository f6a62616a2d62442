import type { Site } from '../e2e/site.ts';
import { say } from '../cluster/cache.ts';
import { list, median, seconds, type Figure } from './figure.ts';
import { apply, create, folderOf } from './kubectl.ts';
import { group, groups, one, TEN, watched, type Texts } from './repository.ts';
import { rollOut, textOf, type Times } from './rollout.ts';

/** The figures that are pairs of the same change, made by kubectl and by Ordo in turns. */

interface Pairs {
  name: string;
  /** The longest that Ordo may take when kubectl takes so many seconds. */
  limit: (kubectl: number) => number;
  target: string;
  count: number;
  files: (owner: string, revision: number) => Texts;
}

/** All rollouts that were measured, for what else is read from them. */
export type Measured = { times: Times[] };

async function pairs(site: Site, { name, limit, target, count, files }: Pairs, measured: Measured): Promise<Figure> {
  const kubectls: number[] = [];
  const ordos: number[] = [];
  for (let pair = 1; pair <= count; pair += 1) {
    const folder = await folderOf(files('kubectl', pair + 1));
    kubectls.push(await apply(site.world, folder));
    const times = await rollOut(site, watched(files('ordo', pair + 1)));
    measured.times.push(times);
    ordos.push(times.done);
    say(`${name}: kubectl ${kubectls.at(-1)?.toFixed(2)}, ${textOf(times)}`);
  }
  const [kubectl, value] = [median(kubectls), median(ordos)];
  return {
    name,
    value,
    unit: 's',
    ratio: value / kubectl,
    target: `≤ ${target} = ${seconds(limit(kubectl))}`,
    met: value <= limit(kubectl),
    detail: `kubectl ${seconds(kubectl)} (${list(kubectls)}); Ordo ${list(ordos)}`,
  };
}

/** A repository of one group of 100 objects. */
export async function hundred(site: Site, measured: Measured): Promise<Figure[]> {
  await create(site.world, group('kubectl', 10, 1));
  const files = (owner: string, revision: number): Texts => group(owner, 10, revision);
  const figure = await pairs(
    site,
    { name: '100 changed objects in one group', limit: (s) => s + 1.2, target: 'kubectl + 1.2 s', count: 5, files },
    measured,
  );
  return [figure];
}

/** A repository of ten groups of 100 objects each: all of them change, then one alone. */
export async function thousand(site: Site, measured: Measured): Promise<Figure[]> {
  await create(site.world, groups('kubectl', TEN, 1));
  const first = await rollOut(site, watched(groups('ordo', TEN, 1)));
  say(`1,000 objects for the first time: ${textOf(first)}`);
  const files = (owner: string, revision: number): Texts => groups(owner, TEN, revision);
  const changed = await pairs(
    site,
    {
      name: '1,000 changed objects in 10 groups',
      limit: (s) => 1.3 * s + 1,
      target: '1.3 × kubectl + 1 s',
      count: 5,
      files,
    },
    measured,
  );
  return [changed, await single(site)];
}

async function single(site: Site): Promise<Figure> {
  const values: number[] = [];
  for (let revision = 100; revision < 105; revision += 1) {
    const times = await rollOut(site, watched(one('ordo', 10, revision)));
    say(`one object: ${textOf(times)}`);
    values.push(times.done);
  }
  return {
    name: '1 changed object of 1,000, detected to done',
    value: median(values),
    unit: 's',
    target: '≤ 1.5 s',
    met: median(values) <= 1.5,
    detail: list(values),
  };
}
