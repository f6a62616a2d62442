import { configMap, cronJob, daemonSet, deployment, job, namespace, secret, service, statefulSet } from './samples.ts';
import type { World } from './world.ts';

/** A small cluster's whole content: components of every sort, in files by path. `web` is a private image. */
export function shop(world: World, folder: string): Record<string, string> {
  const own = { namespace: 'shop', app: 'app' };
  const files = {
    '2-base/10-shopnamespace.yml': namespace('shop'),
    '2-base/20-priorityclass.yml': object('scheduling.k8s.io/v1', 'PriorityClass', 'shop-first', { value: 7 }),
    '2-base/30-clusterrole.yml': object('rbac.authorization.k8s.io/v1', 'ClusterRole', 'shop-reader', { rules: [] }),
    '2-base/40-ticketcrd.yml': ticketKind,
    '2-base/50-webserviceaccount.yml': inShop('v1', 'ServiceAccount', 'web', {}),
    '2-base/60-webrole.yml': inShop('rbac.authorization.k8s.io/v1', 'Role', 'web', { rules: [] }),
    '2-base/70-webrolebinding.yml': inShop('rbac.authorization.k8s.io/v1', 'RoleBinding', 'web', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'web' },
      subjects: [{ kind: 'ServiceAccount', name: 'web', namespace: 'shop' }],
    }),
    '2-base/80-pullsecret.yml': inShop('v1', 'Secret', 'pull', {
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': 'pull_ghcr_image_token' },
    }),
    '10-db/40-dbsecret.yml': secret('db', 'shop', { password: 'not-told' }),
    '10-db/150-dbservice.yml': service('db', 'shop', 5432),
    '10-db/160-migratejob.yml': job(world, { ...own, name: 'migrate', container: "command: ['/bin/true']" }),
    '10-db/170-dbstatefulset.yml': statefulSet(world, { ...own, name: 'db' }),
    '10-db/180-backupcronjob.yml': cronJob(world, { ...own, name: 'backup' }),
    '100-web/100-webconfigmap.yml': configMap('web', 'shop', { greeting: 'hello' }),
    '100-web/110-webpdb.yml': inShop('policy/v1', 'PodDisruptionBudget', 'web', { spec: { maxUnavailable: 1 } }),
    '100-web/120-webnetworkpolicy.yml': inShop('networking.k8s.io/v1', 'NetworkPolicy', 'web', {
      spec: { podSelector: {} },
    }),
    '100-web/130-webingress.yml': inShop('networking.k8s.io/v1', 'Ingress', 'web', {
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
    }),
    '100-web/170-webdeployment.yml': deployment(world, {
      name: 'web',
      namespace: 'shop',
      pod: 'imagePullSecrets: [{ name: pull }]',
    }),
    '100-web/180-agentdaemonset.yml': daemonSet(world, { ...own, name: 'agent' }),
    '100-web/190-firstticket.yml': inShop('shop.example.com/v1', 'Ticket', 'first', { seat: 7 }),
  };
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
}

/** `Kind/namespace/name` of all that `shop` holds, as Ordo's inventory should name them. */
export const SHOP = [
  ...['Namespace/shop', 'PriorityClass/shop-first', 'ClusterRole/shop-reader'],
  'CustomResourceDefinition/tickets.shop.example.com',
  ...['ServiceAccount', 'Role', 'RoleBinding'].map((kind) => `${kind}/shop/web`),
  ...['Secret/shop/pull', 'Secret/shop/db', 'Service/shop/db', 'Job/shop/migrate'],
  ...['StatefulSet/shop/db', 'CronJob/shop/backup', 'ConfigMap/shop/web'],
  ...['PodDisruptionBudget', 'NetworkPolicy', 'Ingress', 'Deployment'].map((kind) => `${kind}/shop/web`),
  ...['DaemonSet/shop/agent', 'Ticket/shop/first'],
];

const object = (apiVersion: string, kind: string, name: string, rest: object): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name }, ...rest });

const inShop = (apiVersion: string, kind: string, name: string, rest: object): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name, namespace: 'shop' }, ...rest });

/** A kind that the cluster does not know before. */
const ticketKind = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'tickets.shop.example.com', {
  spec: {
    group: 'shop.example.com',
    scope: 'Namespaced',
    names: { kind: 'Ticket', plural: 'tickets' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { seat: { type: 'integer' } } } },
      },
    ],
  },
});
