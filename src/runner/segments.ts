import { endsSegment } from '../domain/kinds.ts';
import { hasManifest, type ManifestStep, type Step } from '../domain/plan.ts';

/** A step with its index in the plan, which is its name in the outcome. */
export interface Numbered<S extends Step = Step> {
  index: number;
  step: S;
}
export type Applying = Numbered<ManifestStep>;

export function isApplying(item: Numbered): item is Applying {
  return hasManifest(item.step);
}

/**
 * Cuts the sorted applies of one group into what one kubectl call may carry out: a segment ends where something must be
 * there first. `isThere`: it is already, so that nothing has to wait for it.
 */
export function segmentsOf(
  items: readonly Applying[],
  isThere: (item: Applying) => boolean = () => false,
): Applying[][] {
  const segments: Applying[][] = [];
  let last: Applying | undefined;
  for (const item of items) {
    const segment = segments.at(-1);
    if (segment === undefined || last === undefined || (isCut(last, item) && !segment.every(isPassed))) {
      segments.push([item]);
    } else segment.push(item);
    last = item;
  }
  return segments;

  function isPassed(item: Applying): boolean {
    return !endsSegment(item.step.entry) || isThere(item);
  }
}

// Namespaces need nothing of each other, nor do CRDs; Jobs may, unless their files have the same number.
function isCut({ step: before }: Applying, { step: after }: Applying): boolean {
  if (!endsSegment(before.entry)) return false;
  if (before.entry.kind !== after.entry.kind || before.entry.group !== after.entry.group) return true;
  return before.entry.kind === 'Job' && before.place[1] !== after.place[1];
}
