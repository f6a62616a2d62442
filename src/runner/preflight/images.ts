import type { Condition, Pod } from '../gates/shapes.ts';
import { list, type Read } from '../read.ts';
import { manifestOf, type Run } from '../run.ts';
import { limitOf, pull, removePullers, type Puller } from './pull.ts';
import type { Doomed } from './preflight.ts';
import { imagesOf, nodesOf, normalised, podSpecOf, type PodSpec, type Wanted } from './wanted.ts';

interface Node extends Read {
  status?: { images?: { names?: string[] }[]; conditions?: Condition[] };
}

/** What a step's new pods need, and the nodes of the ones that go. */
interface Need {
  item: Doomed;
  spec: PodSpec;
  images: Wanted[];
}

/**
 * Sees to it that the images of the new versions are on the nodes where they will run: looks first, then has the missing ones
 * pulled by short pods. A step whose image cannot be pulled fails while its old version still runs.
 */
export async function checkImages(run: Run, doomed: readonly Doomed[]): Promise<void> {
  const needs = doomed.flatMap((item): Need[] => {
    const spec = podSpecOf(item, manifestOf(run, item.index), item.live);
    const images = spec ? imagesOf(spec) : [];
    return spec && images.length > 0 ? [{ item, spec, images }] : [];
  });
  if (needs.length === 0) return;
  const namespaces = [...new Set(needs.map(({ item }) => item.step.entry.namespace))];
  const [nodes, ...pods] = await Promise.all([
    list(run.api, '/api/v1/nodes') as Promise<Node[]>,
    ...namespaces.map((namespace) => list(run.api, `/api/v1/namespaces/${namespace}/pods`) as Promise<Pod[]>),
    removePullers(run),
  ]);
  const byNamespace = new Map(namespaces.map((namespace, at) => [namespace, (pods[at] ?? []) as Pod[]]));
  const present = presentImages(nodes, [...byNamespace.values()].flat());
  const pullers = new Map<string, Puller>();
  for (const need of needs) {
    const { step, index } = need.item;
    const where = nodesOf(need.item, need.spec, byNamespace.get(step.entry.namespace) ?? []);
    const places = where.length > 0 ? where : [undefined];
    for (const node of places) {
      const missing = need.images.filter(({ image, policy }) => {
        const nodesToHave = node === undefined ? [...present.keys()] : [node];
        return policy === 'Always' || !nodesToHave.every((name) => present.get(name)?.has(normalised(image)));
      });
      if (missing.length > 0) add(pullers, puller(need, node), missing, index, limitOf(step));
    }
  }
  if (pullers.size > 0) await pull(run, [...pullers.values()]);
}

/** By node, the images that it is known to have: those that it lists (fifty at most) and those that pods on it run. */
function presentImages(nodes: readonly Node[], pods: readonly Pod[]): Map<string, Set<string>> {
  const present = new Map(
    nodes.map(({ metadata, status }) => {
      const names = (status?.images ?? []).flatMap(({ names: all = [] }) => all);
      return [metadata.name, new Set(names.map(normalised))] as const;
    }),
  );
  for (const { spec, status } of pods) {
    const on = present.get((spec as PodSpec | undefined)?.nodeName ?? '');
    const { containerStatuses = [], initContainerStatuses = [] } = status ?? {};
    const started = [...containerStatuses, ...initContainerStatuses].filter(
      ({ state }) => state?.running !== undefined || state?.terminated !== undefined,
    );
    const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
    for (const { name } of started) {
      const image = containers.find((container) => container.name === name)?.image;
      if (image !== undefined) on?.add(normalised(image));
    }
  }
  return present;
}

/** The pod that would pull for this need on this node; equal ones are one. */
function puller({ item, spec }: Need, node: string | undefined): Omit<Puller, 'images'> {
  const { imagePullSecrets, serviceAccountName, tolerations, nodeSelector, affinity } = spec;
  const place = node === undefined ? { nodeSelector, affinity } : { nodeName: node };
  return {
    namespace: item.step.entry.namespace,
    spec: { imagePullSecrets, serviceAccountName, tolerations, ...place },
  } as Omit<Puller, 'images'>;
}

function add(
  pullers: Map<string, Puller>,
  like: Omit<Puller, 'images'>,
  missing: readonly Wanted[],
  index: number,
  limit: number,
): void {
  const key = JSON.stringify(like);
  const one = pullers.get(key) ?? { ...like, images: [] };
  pullers.set(key, one);
  for (const wanted of missing) {
    const same = one.images.find(({ image }) => image === wanted.image);
    if (same) {
      same.users.push({ index, limit });
      if (wanted.policy === 'Always') same.policy = 'Always';
    } else one.images.push({ ...wanted, users: [{ index, limit }] });
  }
}
