import type { Api } from './api.ts';
import { selectorText } from './gates/pods.ts';
import type { Condition, Pod, Workload } from './gates/shapes.ts';
import { met } from './gates/verdict.ts';
import { list } from './read.ts';

interface Node {
  status?: { conditions?: Condition[] };
}

interface PodSpec {
  nodeName?: string;
  terminationGracePeriodSeconds?: number;
}

/** Kubernetes' own two wait for what the object owns. */
const OWN = new Set(['foregroundDeletion', 'orphan']);
const MOST_PODS = 3;

const specOf = (pod: Pod): PodSpec => (pod.spec ?? {}) as PodSpec;

/** What keeps an object from going, in words, and the longest that its pods may take to end, in ms. */
export async function whyThere(api: Api, path: string): Promise<{ reason: string; graceMs: number }> {
  const object = (await api.get(path)) as Workload | undefined;
  if (object === undefined) return { reason: 'deleting', graceMs: 0 };
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  const pods = await podsUnder(api, path, object);
  const graceMs = 1_000 * Math.max(0, ...pods.map((pod) => specOf(pod).terminationGracePeriodSeconds ?? 30));
  if (deletionTimestamp === undefined) return { reason: 'the API server does not delete it', graceMs };
  const blocked = (by: string): { reason: string; graceMs: number } => ({
    reason: `deleting, blocked by ${by}`,
    graceMs,
  });
  const foreign = foreignOf(finalizers);
  if (foreign.length > 0) return blocked(`finalizers ${foreign.join(', ')}`);
  if (pods.length === 0) return blocked('objects that it owns and that are still there');
  const away = await nodesAway(api, pods);
  const texts = pods.slice(0, MOST_PODS).map((pod) => textOf(pod, away));
  const more = pods.length > MOST_PODS ? ` and ${pods.length - MOST_PODS} more` : '';
  return blocked(`${texts.join('; ')}${more}`);
}

const foreignOf = (finalizers: readonly string[]): string[] => finalizers.filter((finalizer) => !OWN.has(finalizer));

/** The pods that a workload's selector means; a pod is its own. */
async function podsUnder(api: Api, path: string, object: Workload): Promise<Pod[]> {
  if (/\/pods\/[^/]+$/.test(path)) return [object as Pod];
  const { namespace, name } = object.metadata;
  const selector = object.spec?.selector;
  const isWorkload = selector?.matchLabels !== undefined || selector?.matchExpressions !== undefined;
  if (namespace === undefined || name === '' || !isWorkload) return [];
  return (await list(api, `/api/v1/namespaces/${namespace}/pods`, { selector: selectorText(selector) })) as Pod[];
}

/** A kubelet that does not answer never says that its pods have ended. */
async function nodesAway(api: Api, pods: readonly Pod[]): Promise<Set<string>> {
  const away = new Set<string>();
  for (const name of new Set(pods.map((pod) => specOf(pod).nodeName ?? ''))) {
    const node =
      name === '' ? undefined : ((await api.get(`/api/v1/nodes/${encodeURIComponent(name)}`)) as Node | undefined);
    if (node && !met(node, 'Ready')) away.add(name);
  }
  return away;
}

function textOf(pod: Pod, away: ReadonlySet<string>): string {
  const { name, finalizers = [], deletionTimestamp } = pod.metadata;
  const { nodeName = '' } = specOf(pod);
  if (away.has(nodeName)) return `pod ${name}: node ${nodeName} is not ready`;
  const foreign = foreignOf(finalizers);
  if (foreign.length > 0) return `pod ${name}: finalizers ${foreign.join(', ')}`;
  return deletionTimestamp === undefined ? `pod ${name}` : `pod ${name}, which has until ${deletionTimestamp} to end`;
}
