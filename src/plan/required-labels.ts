import { nameOf } from '../domain/identity.ts';
import { isConfiguration, isWorkload } from '../domain/kinds.ts';
import type { RequiredLabel } from '../domain/required-label.ts';
import type { Manifest } from '../manifests/manifest.ts';
import type { Problem } from '../manifests/read.ts';
import type { HeldManifest } from '../manifests/render.ts';
import { isOwn } from './guards.ts';

/** The labels that manifests must have, and what becomes of those that lack one: reported alone, or held too. */
export interface LabelRules {
  labels: readonly RequiredLabel[];
  mode: 'report' | 'hold';
}

/**
 * Holds manifests that run pods or carry configuration (the seven kinds, ConfigMaps, Secrets) against the required labels.
 * What Ordo lives by needs none: nobody but Ordo says which labels it has.
 *
 * @param namespace Ordo's own
 */
export function checkLabels(
  manifests: readonly Manifest[],
  { labels, mode }: LabelRules,
  namespace: string,
): { manifests: Manifest[]; held: HeldManifest[]; problems: Problem[] } {
  const checked = { manifests: [] as Manifest[], held: [] as HeldManifest[], problems: [] as Problem[] };
  for (const manifest of manifests) {
    const reasons = isMeant(manifest, namespace) ? labels.flatMap((label) => lacking(manifest, label)) : [];
    const reason = `required-labels: ${reasons.join(', ')}`;
    if (reasons.length === 0) checked.manifests.push(manifest);
    else if (mode === 'hold') checked.held.push({ ...manifest, held: reason });
    else {
      checked.manifests.push(manifest);
      checked.problems.push(problemOf(manifest, reason));
    }
  }
  return checked;
}

const isMeant = ({ identity }: Manifest, namespace: string): boolean =>
  (isWorkload(identity) || isConfiguration(identity)) && !isOwn(identity, namespace);

function lacking({ object }: Manifest, { key, values }: RequiredLabel): string[] {
  const value = object.metadata.labels?.[key];
  const wanted = values ? `one of ${values.join(', ')}` : 'any value';
  if (value === undefined || value === '') return [`the label ${key} is missing (${wanted})`];
  return values?.includes(value) === false ? [`the label ${key} is ${value} (${wanted})`] : [];
}

const problemOf = ({ source, identity }: Manifest, reason: string): Problem => ({
  ...{ path: source, severity: 'warning', unreadable: false, ids: [] },
  reason: `${nameOf(identity)}: ${reason}`,
});
