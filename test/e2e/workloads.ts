import assert from 'node:assert/strict';
import type { HistoryEntry } from '../../src/domain/history.ts';
import type { KubeObject } from '../../src/domain/object.ts';
import { NAMESPACE, type Site } from './site.ts';
import { until } from './until.ts';

/** Any of the seven kinds that run pods, as far as the tests read it. */
export interface Workload extends KubeObject {
  metadata: KubeObject['metadata'] & { uid: string; generation: number };
  spec: PodSpec & { template?: Template; jobTemplate?: { spec: { template: Template } } };
}
interface Template {
  spec: PodSpec;
}
interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
}
interface Container {
  name: string;
  image: string;
  imagePullPolicy: string;
}

export async function readWorkload(site: Site, kind: string, name: string, where: string): Promise<Workload> {
  const found = await site.get<Workload>(kind, name, where);
  assert.ok(found, `${kind} ${name} is there`);
  return found;
}

/** The containers by name, init containers first. */
export function containersOf({ spec }: Workload): Record<string, Container> {
  const { containers, initContainers = [] } = (spec.jobTemplate?.spec.template ?? spec.template)?.spec ?? spec;
  return Object.fromEntries([...initContainers, ...containers].map((container) => [container.name, container]));
}

/** The image of the container that the samples call main. */
export const imageOf = (workload: Workload): string | undefined => containersOf(workload)['main']?.image;

/** The image of a Deployment's main container; undefined while there is none, as in the middle of a recreate. */
export async function imageNow(site: Site, name: string, where: string): Promise<string | undefined> {
  const found = await site.get<Workload>('deployment', name, where);
  return found && imageOf(found);
}

/** What Ordo makes of `ghcr.io/acme/PATH:main`. */
export const pinned = (path: string, digest: string): string => `ghcr.io/acme/${path}:main@${digest}`;

/** What DORIS's users read: the image that is deployed for an app. */
export async function recordedImages(site: Site, app: string): Promise<Record<string, string> | undefined> {
  const found = await site.get<{ data: Record<string, string> }>('configmap', `containerlist-${app}`, NAMESPACE);
  return found?.data;
}

/** Does something that is no commit, and waits for the end of a rollout that touches `object` (`Kind/namespace/name`). */
export async function rolledOut(
  site: Site,
  object: string,
  act: () => Promise<unknown>,
  seconds = 60,
): Promise<HistoryEntry> {
  const last = (await site.history())[0]?.rollout ?? 0;
  await act();
  const find = async (): Promise<HistoryEntry | undefined> =>
    (await site.history()).find(
      ({ rollout, state, steps }) =>
        rollout > last && state !== 'running' && steps.some((step) => step.object === object),
    );
  return until(`a rollout of ${object} to end`, find, { seconds });
}

export const statesOf = ({ steps }: HistoryEntry): Record<string, string | undefined> =>
  Object.fromEntries(steps.map(({ object, state }) => [object, state]));
