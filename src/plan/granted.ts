import type { Right } from '../domain/rights.ts';
import { fieldsAt, itemsAt, type Fields } from '../manifests/pods.ts';
import type { Desired } from '../manifests/render.ts';

/** A service account of Ordo's own namespace, by name. */
type Account = string;

export const isRbac = ({ group }: { group: string }): boolean => group === 'rbac.authorization.k8s.io';

const isBinding = ({ identity }: Desired): boolean =>
  isRbac(identity) && (identity.kind === 'RoleBinding' || identity.kind === 'ClusterRoleBinding');

/** Which of the accounts have rights by an object, by its id: bindings that name them, and the roles that these bind. */
export function carriersOf(
  desired: readonly Desired[],
  namespace: string,
  accounts: readonly Account[],
): Map<string, Account[]> {
  const carriers = new Map<string, Account[]>();
  for (const binding of desired.filter(isBinding)) {
    const bound = accounts.filter((account) => isBound(binding, account, namespace));
    if (bound.length === 0) continue;
    for (const id of [binding.id, idOfRole(binding)]) {
      carriers.set(id, [...new Set([...(carriers.get(id) ?? []), ...bound])]);
    }
  }
  return carriers;
}

/**
 * Those of the needed rights that the account does not have by the roles and bindings among these objects. What is not
 * among them gives nothing, but for `cluster-admin`, which every cluster has; nor does a role that is put together from
 * others, since that is the API server's work.
 */
export function missingRights(
  desired: readonly Desired[],
  namespace: string,
  account: Account,
  needed: readonly Right[],
): Right[] {
  const roles = new Map(desired.filter(({ identity }) => isRbac(identity)).map(({ id, object }) => [id, object]));
  const given = desired
    .filter((binding) => isBinding(binding) && isBound(binding, account, namespace))
    .map((binding) => {
      const role = roles.get(idOfRole(binding));
      const rules = role === undefined ? builtIn(binding) : itemsAt(role, 'rules');
      return { rules, where: binding.identity.namespace };
    });
  const isGiven = (right: Right): boolean =>
    given.some(
      ({ rules, where }) => (where === '' || where === right.namespace) && rules.some((rule) => allows(rule, right)),
    );
  return needed.filter((right) => !isGiven(right));
}

const EVERYTHING: Fields[] = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];

const builtIn = ({ object }: Desired): Fields[] => {
  const { kind, name } = fieldsAt(object, 'roleRef');
  return kind === 'ClusterRole' && name === 'cluster-admin' ? EVERYTHING : [];
};

function idOfRole({ identity, object }: Desired): string {
  const { kind, name } = fieldsAt(object, 'roleRef');
  const where = kind === 'ClusterRole' ? '' : identity.namespace;
  return `${identity.group}/${String(kind)}/${where}/${String(name)}`;
}

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects */
function isBound({ identity, object }: Desired, account: Account, namespace: string): boolean {
  const groups = ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return itemsAt(object as unknown as Fields, 'subjects').some(
    ({ kind, name, namespace: place = identity.namespace }) => {
      if (kind === 'ServiceAccount') return name === account && place === namespace;
      if (kind === 'User') return name === `system:serviceaccount:${namespace}:${account}`;
      return kind === 'Group' && groups.includes(String(name));
    },
  );
}

/** One that names objects allows less than is needed. */
function allows(rule: Fields, { verb, group, resource }: Right): boolean {
  const has = (field: string, value: string): boolean => {
    const list = rule[field];
    return Array.isArray(list) && (list.includes(value) || list.includes('*'));
  };
  const isNarrowed = Array.isArray(rule['resourceNames']) && rule['resourceNames'].length > 0;
  return !isNarrowed && has('apiGroups', group) && has('resources', resource) && has('verbs', verb);
}
