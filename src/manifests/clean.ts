import type { KubeObject } from '../domain/object.ts';
import {
  ANNOTATION_HASH,
  ANNOTATION_ID,
  ANNOTATION_RESTART,
  ANNOTATION_ROLLOUT,
  ANNOTATION_SOURCE,
  LABEL_TARGET,
} from '../domain/stamps.ts';
import { asText, containersOf, fieldsAt, isFields, podTemplateOf } from './pods.ts';

const SERVER_FIELDS = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink'];
const WRITTEN_ANNOTATIONS = [
  'kubectl.kubernetes.io/last-applied-configuration',
  ANNOTATION_ID,
  ANNOTATION_ROLLOUT,
  ANNOTATION_SOURCE,
  ANNOTATION_HASH,
];

/** Takes out, in place, what only an API server, kubectl or Ordo writes: the manifest may have been exported with `kubectl get -o yaml`. Returns warnings. */
export function clean(object: KubeObject): string[] {
  delete object['status'];
  for (const field of SERVER_FIELDS) delete object.metadata[field];
  for (const annotation of WRITTEN_ANNOTATIONS) delete object.metadata.annotations?.[annotation];
  delete object.metadata.labels?.[LABEL_TARGET];
  delete fieldsAt(podTemplateOf(object), 'metadata', 'annotations')[ANNOTATION_RESTART];
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
  return [`container ${asText(container['name'])}: an env name stands twice, the last one counts`];
}
