import { isKept, isReplaceable, isWorkload } from '../domain/kinds.ts';
import type { Desired } from '../manifests/render.ts';
import { isOwn } from './guards.ts';
import { isOrdoItself } from '../domain/ordo.ts';
import type { PlanInput } from './input.ts';

/** Whether an object may be deleted and made anew when the API server refuses to change it in place: by its kind, or because a person allows it. */
export function mayReplace(
  { identity, policy }: Pick<Desired, 'identity' | 'policy'>,
  { namespace }: PlanInput,
): boolean {
  const isOurs = isWorkload(identity) ? isOrdoItself : isOwn;
  if (isKept(identity) || isOurs(identity, namespace)) return false;
  return policy.update === 'recreate' || isReplaceable(identity);
}

/** Whether an object that people made may be: a workload, or one of which a person says so in Git. */
export const mayReplaceForeign = (desired: Pick<Desired, 'identity' | 'policy'>, input: PlanInput): boolean =>
  mayReplace(desired, input) && (isWorkload(desired.identity) || desired.policy.update === 'recreate');
