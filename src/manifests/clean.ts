import type { KubeObject } from '../domain/object.ts';
import { containersOf, isFields } from './pods.ts';

const SERVER_FIELDS = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink'];
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Takes out, in place, what only an API server writes: the manifest may have been exported with `kubectl get -o yaml`. Returns warnings. */
export function clean(object: KubeObject): string[] {
  delete object['status'];
  for (const field of SERVER_FIELDS) delete object.metadata[field];
  if (isFields(object.metadata.annotations)) delete object.metadata.annotations[LAST_APPLIED];
  return containersOf(object).flatMap(lastEnvWins);
}

/** Server-side apply refuses a name that stands twice in `env`; client-side apply, which DORIS used, took the last. */
function lastEnvWins(container: Record<string, unknown>): string[] {
  const { env } = container;
  if (!Array.isArray(env)) return [];
  const nameAt = (item: unknown): unknown => (isFields(item) ? item['name'] : undefined);
  const last = new Map(env.map((item, index) => [nameAt(item), index]));
  const kept = env.filter((item, index) => nameAt(item) === undefined || last.get(nameAt(item)) === index);
  if (kept.length === env.length) return [];
  container['env'] = kept;
  return [`container ${String(container['name'])}: an env name stands twice, the last one counts`];
}
