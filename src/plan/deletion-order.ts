import { idOf, type Identity } from '../domain/identity.ts';
import type { InventoryObject } from '../domain/inventory.ts';
import { isExposure, isNamespace, isWorkload } from '../domain/kinds.ts';
import { kindAt } from '../domain/object.ts';
import type { Step } from '../domain/plan.ts';
import { referencesOf } from '../manifests/references.ts';
import type { Desired } from '../manifests/render.ts';
import { USES, type UseRule } from '../manifests/uses.ts';

/**
 * What the inventory remembers of an object's uses, for the day when both are removed and their manifests are gone: ids of
 * what is deleted after the last group. Namespaces and CRDs are known without it.
 */
export function usesToRemember(
  one: Pick<Desired, 'identity' | 'kind' | 'object'>,
  rules: readonly UseRule[] = USES,
): string[] | undefined {
  if (isOfGroup(one.identity)) return undefined;
  const targets = referencesOf(one, rules).map(({ to }) => to);
  const ids = targets.filter((to) => !isOfGroup(to) && !isNamespace(to) && !isCrd(to)).map(idOf);
  return ids.length === 0 ? undefined : [...new Set(ids)].sort();
}

const isOfGroup = (identity: Identity): boolean => isWorkload(identity) || isExposure(identity);
const isCrd = ({ kind }: Identity): boolean => kind === 'CustomResourceDefinition';

/**
 * The deletions after the last group in their order: what is used goes after its users; apart from that as they come. What
 * uses itself in a circle goes as it comes.
 */
export function inDeletionOrder<S extends Step>(steps: readonly S[]): S[] {
  const at = new Map(steps.map((step, index) => [idOf(step.entry), index]));
  const used = steps.map((step) => usesOf(step).flatMap((id) => at.get(id) ?? []));
  const users = steps.map(() => 0);
  for (const [index, others] of used.entries()) {
    for (const other of others) if (other !== index) users[other] = (users[other] ?? 0) + 1;
  }
  const free = [...steps.keys()].filter((index) => users[index] === 0).toReversed();
  const ordered: S[] = [];
  const taken = new Set<number>();
  let first = 0;
  while (ordered.length < steps.length) {
    while (taken.has(first)) first += 1;
    const index = free.pop() ?? first;
    if (taken.has(index)) continue;
    taken.add(index);
    ordered.push(steps[index] as S);
    for (const other of used[index] ?? []) {
      users[other] = (users[other] ?? 0) - 1;
      if (users[other] === 0) insert(free, other);
    }
  }
  return ordered;
}

function usesOf({ entry, path }: Step): string[] {
  const namespace = { group: '', kind: 'Namespace', namespace: '', name: entry.namespace };
  return [idOf(namespace), crdOf(entry, path), ...(entry.uses ?? [])];
}

/** The CRD that would make the kind, if it is none of Kubernetes' own. */
function crdOf(entry: InventoryObject, path: string): string {
  const name = `${kindAt(path, entry).plural}.${entry.group}`;
  return idOf({ group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', namespace: '', name });
}

/** Into numbers that fall: the smallest is taken from their end. */
function insert(numbers: number[], number: number): void {
  const at = numbers.findIndex((other) => other < number);
  numbers.splice(at < 0 ? numbers.length : at, 0, number);
}
