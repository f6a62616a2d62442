import { FIELD_MANAGER } from '../domain/stamps.ts';
import type { ManagedFields } from './gates/shapes.ts';

/**
 * How kubectl signs for what people write with it, by https://github.com/kubernetes/kubectl (each command's
 * `fieldManager…` constant). `rollout restart`, `scale`, `label` and `annotate` are no configuration: they stay.
 */
const KUBECTLS = /^(kubectl-(client-side-apply|create|edit|patch|replace|set)|before-first-apply)$/;

/**
 * The owners of an object's fields once Ordo has taken over what kubectl owned: what Git does not state goes at the next
 * apply, as it would have gone with kubectl. Undefined when there is nothing to take over. As client-go's csaupgrade does
 * it: one owner has one API version, what was written under others belongs to nobody then.
 */
export function takenOver(owners: readonly ManagedFields[]): ManagedFields[] | undefined {
  const theirs = owners.filter(isKubectls);
  const own = owners.find(({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply');
  const first = own ?? theirs[0];
  if (theirs.length === 0 || first === undefined) return undefined;
  const same = theirs.filter(({ apiVersion }) => apiVersion === first.apiVersion);
  const fieldsV1 = same.reduce<unknown>((union, owner) => both(union, owner.fieldsV1), first.fieldsV1);
  const merged = { ...first, manager: FIELD_MANAGER, operation: 'Apply', fieldsV1 };
  return [merged, ...owners.filter((owner) => owner !== own && !theirs.includes(owner))];
}

/** Those who own something beside Ordo; what controllers write into the status is not theirs to fight about. */
export function otherOwners(owners: readonly ManagedFields[]): string[] {
  const others = owners.filter(
    (owner) => owner.manager !== FIELD_MANAGER && owner.subresource !== 'status' && !isKubectls(owner),
  );
  return [...new Set(others.map(({ manager = 'somebody' }) => manager))].sort();
}

function isKubectls({ manager = '', operation, subresource }: ManagedFields): boolean {
  if (subresource !== undefined && subresource !== '') return false;
  return operation === 'Apply' ? manager === 'kubectl' : KUBECTLS.test(manager);
}

/** A set of fields is a tree whose leaves are empty: the union is the two trees laid over one another. */
function both(a: unknown, b: unknown): unknown {
  if (!isTree(a) || !isTree(b)) return a ?? b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...keys].map((key) => [key, both(a[key], b[key])]));
}

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
