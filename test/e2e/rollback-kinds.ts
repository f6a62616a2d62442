import { secret } from './samples.ts';
import type { Site } from './site.ts';

/** What a rollback puts back in place beside workloads, Services and ConfigMaps: an object of each of these kinds. */

interface Found {
  kind: string;
  metadata: { labels?: Record<string, string> };
  value?: number;
  data?: Record<string, string>;
  rules?: { resourceNames?: string[] }[];
  roleRef?: { name: string };
  spec?: { minAvailable?: number; maxReplicas?: number; rules?: { host?: string }[] };
}

/** Where the version stands. That of a PriorityClass and of a RoleBinding cannot change in place. */
const VERSION_OF: Record<string, (found: Found) => string | number | undefined> = {
  PriorityClass: ({ value }) => value,
  Secret: ({ data }) => Buffer.from(data?.['value'] ?? '', 'base64').toString(),
  ServiceAccount: ({ metadata }) => metadata.labels?.['version'],
  Role: ({ rules }) => rules?.[0]?.resourceNames?.[0],
  RoleBinding: ({ roleRef }) => roleRef?.name,
  Ingress: ({ spec }) => spec?.rules?.[0]?.host,
  PodDisruptionBudget: ({ spec }) => spec?.minAvailable,
  HorizontalPodAutoscaler: ({ spec }) => spec?.maxReplicas,
};
const KINDS = Object.keys(VERSION_OF);

const RBAC = 'apiVersion: rbac.authorization.k8s.io/v1';

export const role = (namespace: string, name: string, version: string): string => `
${RBAC}
kind: Role
metadata: { name: ${name}, namespace: ${namespace} }
rules: [{ apiGroups: [''], resources: [configmaps], resourceNames: ['${version}'], verbs: [get] }]
`;

export const ingress = (namespace: string, name: string, version: string): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  rules: [{ host: '${version}', http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`;

/** By path; each is called `kinds`. */
export function kindFiles(folder: string, namespace: string, version: string): Record<string, string> {
  const metadata = `metadata: { name: kinds, namespace: ${namespace} }`;
  const nobody = 'matchLabels: { app: nobody }';
  return {
    [`${folder}/30-priority.yml`]: `
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: kinds }
value: ${version}
`,
    [`${folder}/31-secret.yml`]: secret('kinds', namespace, { value: version }),
    [`${folder}/32-account.yml`]: `
apiVersion: v1
kind: ServiceAccount
metadata: { name: kinds, namespace: ${namespace}, labels: { version: '${version}' } }
`,
    [`${folder}/33-role.yml`]: role(namespace, 'kinds', version),
    [`${folder}/34-binding.yml`]: `
${RBAC}
kind: RoleBinding
${metadata}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: '${version}' }
`,
    [`${folder}/35-ingress.yml`]: ingress(namespace, 'kinds', version),
    [`${folder}/36-budget.yml`]: `
apiVersion: policy/v1
kind: PodDisruptionBudget
${metadata}
spec: { minAvailable: ${version}, selector: { ${nobody} } }
`,
    [`${folder}/37-autoscaler.yml`]: `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
${metadata}
spec: { maxReplicas: ${version}, scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: nobody } }
`,
  };
}

/** By kind, the version that it is in. */
export async function kindVersions(site: Site, namespace: string): Promise<Record<string, unknown>> {
  const names = KINDS.map((kind) => `${kind.toLowerCase()}/kinds`);
  const { items } = JSON.parse(await site.kubectl('-n', namespace, 'get', ...names, '-o', 'json')) as {
    items: Found[];
  };
  return Object.fromEntries(items.map((found) => [found.kind, String(VERSION_OF[found.kind]?.(found))]));
}

export const kindsAt = (version: string): Record<string, string> =>
  Object.fromEntries(KINDS.map((kind) => [kind, version]));
