import { isCronJob, isJob } from '../../domain/kinds.ts';
import type { Pod, Selector } from '../gates/shapes.ts';
import type { Read } from '../read.ts';
import type { Doomed } from './preflight.ts';

/** What a pod spec says of its images and of where it may run. Every field may be missing. */
export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  imagePullSecrets?: { name?: string }[];
  serviceAccountName?: string;
  nodeName?: string;
  nodeSelector?: Record<string, string>;
  affinity?: unknown;
  tolerations?: unknown[];
}

interface Container {
  image?: string;
  imagePullPolicy?: string;
}

/** An image that a node must have before it is needed; Always: the registry is asked even when the node has it. */
export interface Wanted {
  image: string;
  policy: 'IfNotPresent' | 'Always';
}

interface Spec extends PodSpec {
  replicas?: number;
  suspend?: boolean;
  selector?: Selector;
  template?: { spec?: PodSpec };
  jobTemplate?: { spec?: { template?: { spec?: PodSpec } } };
}

const specOf = (object: object): Spec => (object as { spec?: Spec }).spec ?? {};

/** The spec of the pods that an object makes; undefined when it makes none now (no replicas, suspended). */
export function podSpecOf({ step }: Doomed, manifest: object, live: Read): PodSpec | undefined {
  const spec = specOf(manifest);
  const { entry, leave = [] } = step;
  if (entry.kind === 'Pod') return spec;
  const replicas = leave.includes('spec.replicas') ? specOf(live).replicas : spec.replicas;
  if (replicas === 0 || spec.suspend === true) return undefined;
  return isCronJob(entry) ? spec.jobTemplate?.spec?.template?.spec : spec.template?.spec;
}

/** The images that its containers need pulled, each once. Without a policy the API server takes Always for `latest`. */
export function imagesOf({ containers = [], initContainers = [] }: PodSpec): Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const { image = '', imagePullPolicy } of [...initContainers, ...containers]) {
    const policy = imagePullPolicy ?? (isLatest(image) ? 'Always' : 'IfNotPresent');
    if (image === '' || policy === 'Never' || wanted.get(image)?.policy === 'Always') continue;
    wanted.set(image, { image, policy: policy === 'Always' ? 'Always' : 'IfNotPresent' });
  }
  return [...wanted.values()];
}

const isLatest = (image: string): boolean => !image.includes('@') && !/:(?!latest$)[^/:]+$/.test(image);

/** The nodes that its pods are on; none when there are no pods, or when the new version says otherwise where they may run. */
export function nodesOf({ step, live }: Doomed, wanted: PodSpec, pods: readonly Pod[]): string[] {
  const spec = specOf(live);
  const isPod = step.entry.kind === 'Pod';
  const before = isPod ? spec : (spec.template?.spec ?? {});
  const place = ({ nodeSelector, affinity }: PodSpec): string => JSON.stringify([nodeSelector, affinity]);
  if (isJob(step.entry) || isCronJob(step.entry) || place(before) !== place(wanted)) return [];
  const own = isPod
    ? pods.filter(({ metadata }) => metadata.uid === live.metadata.uid)
    : pods.filter((pod) => isSelected(pod, spec.selector));
  const names = own.map((pod) => (pod.spec as PodSpec | undefined)?.nodeName ?? '').filter((name) => name !== '');
  return [...new Set(names)];
}

/** By labels alone: what an expression would leave out is one node too many. */
function isSelected({ metadata }: Pod, { matchLabels = {} }: Selector = {}): boolean {
  const wanted = Object.entries(matchLabels);
  return wanted.length > 0 && wanted.every(([name, value]) => metadata.labels?.[name] === value);
}

/** As nodes list it: with the default registry, and by its digest alone when it has one. */
export function normalised(image: string): string {
  const [name = '', digest] = image.split('@');
  const isHost = /^(localhost|[^/]*[.:][^/]*)$/.test(name.split('/')[0] ?? '') && name.includes('/');
  const full = isHost ? name : `docker.io/${name.includes('/') ? '' : 'library/'}${name}`;
  const tag = /:[^/:]+$/;
  if (digest !== undefined) return `${full.replace(tag, '')}@${digest}`;
  return tag.test(full.slice(full.lastIndexOf('/'))) ? full : `${full}:latest`;
}
