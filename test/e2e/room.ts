import type { Site } from './site.ts';

/** What pods ask of a node: thousandths of a core, and bytes. */
export interface Room {
  cpu: number;
  memory: number;
}

/** A pod as the API server has it, as far as its size goes. */
export interface PodObject {
  spec: { containers: { resources: { requests?: Quantities; limits?: Quantities } }[] };
  status: { phase: string };
}
type Quantities = Partial<Record<'cpu' | 'memory', string>>;

export const MIB = 2 ** 20;
const UNITS: Record<string, number> = { m: 0.001, Ki: 2 ** 10, Mi: MIB, Gi: 2 ** 30 };

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/, of which these are the forms in use here. */
function amount(quantity = '0'): number {
  const [, digits = '', unit = ''] = /^(\d+)([a-zA-Z]*)$/.exec(quantity) ?? [];
  const one = unit === '' ? 1 : UNITS[unit];
  if (digits === '' || one === undefined) throw new Error(`${quantity} is no quantity that is known here`);
  return Number(digits) * one;
}

const roomOf = ({ cpu, memory }: Quantities = {}): Room => ({
  cpu: Math.round(1000 * amount(cpu)),
  memory: amount(memory),
});

export const addUp = (rooms: readonly Room[]): Room => ({
  cpu: rooms.reduce((sum, { cpu }) => sum + cpu, 0),
  memory: rooms.reduce((sum, { memory }) => sum + memory, 0),
});

export const requestsOf = ({ spec }: PodObject): Room =>
  addUp(spec.containers.map(({ resources }) => roomOf(resources.requests)));

export const limitsOf = ({ spec }: PodObject): Room =>
  addUp(spec.containers.map(({ resources }) => roomOf(resources.limits)));

/** What the scheduler may still give away on the one node: pods that have ended take none. */
export async function freeOn(site: Site): Promise<Room> {
  const read = async <T>(kind: string): Promise<T[]> =>
    (JSON.parse(await site.kubectl('get', kind, '-A', '-o', 'json')) as { items: T[] }).items;
  const [node] = await read<{ status: { allocatable: Quantities } }>('nodes');
  const pods = (await read<PodObject>('pods')).filter(({ status }) => !['Succeeded', 'Failed'].includes(status.phase));
  const [all, taken] = [roomOf(node?.status.allocatable), addUp(pods.map(requestsOf))];
  return { cpu: all.cpu - taken.cpu, memory: all.memory - taken.memory };
}
