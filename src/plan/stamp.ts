import { idOf } from '../domain/identity.ts';
import type { KubeObject } from '../domain/object.ts';
import { hasManifest, type Plan } from '../domain/plan.ts';
import {
  ANNOTATION_HASH,
  ANNOTATION_ID,
  ANNOTATION_ROLLOUT,
  ANNOTATION_SOURCE,
  FIELD_MANAGER,
  LABEL_TARGET,
  MANAGED_BY,
} from '../domain/stamps.ts';
import { withPlainData } from '../manifests/secret-data.ts';
import type { Desired } from '../manifests/render.ts';

/** By step index, what the runner sends to the cluster: the rendered objects with the stamps that make the cluster the journal. */
export function stampedManifests(plan: Plan, desired: readonly Desired[]): Record<string, KubeObject> {
  const byId = new Map(desired.map((one) => [one.id, one]));
  const manifests: Record<string, KubeObject> = {};
  for (const [index, step] of plan.steps.entries()) {
    const one = byId.get(idOf(step.entry));
    if (one && hasManifest(step)) manifests[String(index)] = stamp(one, plan);
  }
  return manifests;
}

function stamp({ object, id, source, hash, commit: own }: Desired, { target, rollout, commit }: Plan): KubeObject {
  const { labels, annotations } = object.metadata;
  return {
    ...withPlainData(object),
    metadata: {
      ...object.metadata,
      labels: { [MANAGED_BY]: FIELD_MANAGER, ...labels, [LABEL_TARGET]: target },
      annotations: {
        ...annotations,
        [ANNOTATION_ID]: id,
        [ANNOTATION_ROLLOUT]: String(rollout),
        [ANNOTATION_SOURCE]: `${source}@${own ?? commit}`,
        [ANNOTATION_HASH]: hash,
      },
    },
  };
}
