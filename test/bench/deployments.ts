import { say } from '../cluster/cache.ts';
import { deployment, namespace, pushApp } from '../e2e/samples.ts';
import type { Site } from '../e2e/site.ts';
import { list, median, seconds, type Figure } from './figure.ts';
import { apply, folderOf, timed } from './kubectl.ts';
import { rollOut, textOf } from './rollout.ts';

const COUNT = 10;
const PAIRS = 5;

/** Ten new Deployments until their pods are ready; each pair has names of its own and is taken away after it. */
export async function deployments(site: Site): Promise<Figure[]> {
  const { world } = site;
  const image = `ghcr.io/acme/sleeper:main@${await pushApp(world, 'sleeper', '1')}`;
  const filesOf = (where: string, pair: number): Record<string, string> => {
    const name = (index: number): string => `sleeper-${pair}-${index}`;
    const file = (index: number): [string, string] => [
      `${170 + index}-sleeperdeployment.yml`,
      deployment(world, { name: name(index), namespace: where, image }),
    ];
    return Object.fromEntries(Array.from({ length: COUNT }, (_, index) => file(index)));
  };
  const inGroup = (files: Record<string, string>, isThere = true) =>
    Object.fromEntries(
      Object.entries(files).map(([path, text]) => [`deploy/90-sleepers/${path}`, isThere ? text : null]),
    );
  await apply(world, await folderOf({ '10-namespace.yml': namespace('kubectl-sleepers') }));
  // The image is on the node from then on, and each of its layers.
  await rollOut(site, {
    'deploy/89-sleepers/10-namespace.yml': namespace('ordo-sleepers'),
    ...inGroup(filesOf('ordo-sleepers', 0)),
  });
  await rollOut(site, inGroup(filesOf('ordo-sleepers', 0), false));

  const kubectls: number[] = [];
  const ordos: number[] = [];
  for (let pair = 1; pair <= PAIRS; pair += 1) {
    const folder = await folderOf(filesOf('kubectl-sleepers', pair));
    kubectls.push((await apply(world, folder)) + (await timed(world, 'rollout', 'status', '-f', folder)));
    await timed(world, 'delete', '--cascade=foreground', '-f', folder);
    const files = filesOf('ordo-sleepers', pair);
    const times = await rollOut(site, inGroup(files));
    say(`10 Deployments: kubectl ${kubectls.at(-1)?.toFixed(2)}, ${textOf(times)}`);
    ordos.push(times.done);
    await rollOut(site, inGroup(files, false));
  }
  const [kubectl, value] = [median(kubectls), median(ordos)];
  const limit = kubectl + 1.5;
  return [
    {
      name: '10 Deployments, applied and ready',
      value,
      unit: 's',
      ratio: value / kubectl,
      target: `≤ kubectl apply + rollout status + 1.5 s = ${seconds(limit)}`,
      met: value <= limit,
      detail: `kubectl ${seconds(kubectl)} (${list(kubectls)}); Ordo ${list(ordos)}`,
    },
  ];
}
