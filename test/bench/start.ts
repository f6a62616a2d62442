import { NAMESPACE, type Site } from '../e2e/site.ts';
import type { Figure } from './figure.ts';

/** Start-up, as the processes themselves say it: from their start to their first work. */
export async function start(site: Site): Promise<Figure[]> {
  const saidBy = async (what: string, message: string): Promise<number> => {
    const lines = (await site.kubectl('-n', NAMESPACE, 'logs', what)).split('\n');
    const line = lines.find((text) => text.includes(`"${message}"`)) ?? '{}';
    return (JSON.parse(line) as { startMs?: number }).startMs ?? NaN;
  };
  const { rollout } = await newest(site);
  const figure = (name: string, value: number, detail: string): Figure => ({
    name,
    value,
    unit: 'ms',
    target: '',
    detail,
  });
  return [
    figure(
      'start of the controller',
      await saidBy('deploy/ordo', 'ordo started'),
      'process begun to first pass: settings read, health port open',
    ),
    figure(
      'start of the runner',
      await saidBy(`job/ordo-rollout-${rollout}`, 'rollout begins'),
      'process begun to first step: plan read, cluster looked at',
    ),
  ];
}

async function newest(site: Site): Promise<{ rollout: number }> {
  const jobs = (await site.kubectl('-n', NAMESPACE, 'get', 'jobs', '-o', 'name')).trim().split('\n');
  return { rollout: Math.max(...jobs.map((name) => Number(name.split('-').at(-1)))) };
}
