import { deployment, namespace, pushApp } from '../e2e/samples.ts';
import type { Site } from '../e2e/site.ts';
import { until } from '../e2e/until.ts';
import { list, median, type Figure } from './figure.ts';
import { rollOut, settled } from './rollout.ts';

const TIMES = 5;
const LIMIT = 5;

/** A Deployment that is deleted by hand, until the new one is ready; each time another one, which nobody fights about. */
export async function drift(site: Site): Promise<Figure[]> {
  const { world } = site;
  const image = `ghcr.io/acme/victim:main@${await pushApp(world, 'victim', '1')}`;
  const names = Array.from({ length: TIMES }, (_, index) => `victim-${index}`);
  const files = names.map((name, index): [string, string] => [
    `deploy/95-victims/${170 + index}-${name}deployment.yml`,
    deployment(world, { name, namespace: 'victims', image }),
  ]);
  const where = { 'deploy/95-victims/10-victimsnamespace.yml': namespace('victims') };
  await rollOut(site, { ...where, ...Object.fromEntries(files) });
  const values: number[] = [];
  const read = (name: string) =>
    site.get<{ metadata: { uid: string }; status?: { readyReplicas?: number } }>('deployment', name, 'victims');
  for (const name of names) {
    await settled(site);
    const before = (await read(name))?.metadata.uid;
    const begin = performance.now();
    await site.kubectl('-n', 'victims', 'delete', 'deployment', name, '--wait=false');
    await until(`${name} to be ready again`, async () => {
      const found = await read(name);
      return found !== undefined && found.metadata.uid !== before && found.status?.readyReplicas === 1;
    });
    values.push((performance.now() - begin) / 1000);
  }
  const value = median(values);
  return [
    {
      name: 'a Deployment deleted by hand: until it is ready again',
      value,
      unit: 's',
      target: `< ${LIMIT} s`,
      met: value < LIMIT,
      detail: `kubectl's start, the Job's start and the pod's included: ${list(values)}`,
    },
  ];
}
