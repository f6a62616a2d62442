import type { Identity } from '../domain/identity.ts';
import { isOwnName } from '../domain/ordo.ts';

/** Made by every cluster, and by it alone. */
const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const SYSTEM = ['kube-system', 'kube-public', 'kube-node-lease'];
const CLUSTER_ROLES = ['cluster-admin', 'admin', 'edit', 'view'];

/** Whether an object is there although nobody defines it: every cluster brings it along, or Ordo itself makes it. */
export function isGiven({ group, kind, namespace, name }: Identity, ownNamespace: string): boolean {
  if (SYSTEM.includes(namespace)) return true;
  if (namespace === ownNamespace && isOwnName(name)) return true;
  switch (`${group}/${kind}`) {
    case '/Namespace':
      return NAMESPACES.includes(name) || name === ownNamespace;
    case '/ServiceAccount':
      return name === 'default';
    case '/ConfigMap':
      return name === 'kube-root-ca.crt';
    case '/Service':
      return namespace === 'default' && name === 'kubernetes';
    case 'scheduling.k8s.io/PriorityClass':
      return name.startsWith('system-');
    case 'rbac.authorization.k8s.io/ClusterRole':
      return CLUSTER_ROLES.includes(name) || name.startsWith('system:');
    default:
      return false;
  }
}
