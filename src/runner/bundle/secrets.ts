import type { Api } from '../api.ts';
import type { Pod } from '../gates/shapes.ts';
import { addForms, secretsIn } from '../redact.ts';

interface SecretReference {
  name?: string;
  secretName?: string;
}

/** The places in a pod where values of Secrets come from, and where people write secrets as they are. */
interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  volumes?: { secret?: SecretReference; projected?: { sources?: { secret?: SecretReference }[] } }[];
}

interface Container {
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: SecretReference } }[];
  envFrom?: { secretRef?: SecretReference }[];
}

/** Names of environment variables whose values are nobody's business. */
const CONFIDENTIAL = /pass|token|secret|credential|auth|key|dsn/i;

/** What the pods of a workload may print and nobody may read: the values of the Secrets that they use, and of what is named like one. */
export async function secretsOf(api: Api, namespace: string, pods: readonly Pod[]): Promise<Set<string>> {
  const specs = pods.map(({ spec = {} }) => spec as PodSpec);
  const names = new Set(specs.flatMap(secretNames));
  const reads = [...names].map((name) =>
    api.get(`/api/v1/namespaces/${namespace}/secrets/${encodeURIComponent(name)}`),
  );
  const found = (await Promise.all(reads)).filter((object) => object !== undefined) as Record<string, unknown>[];
  const secrets = secretsIn(found.map((object) => ({ ...object, kind: 'Secret' })));
  for (const value of specs.flatMap(confidentialValues)) addForms(value, secrets);
  return secrets;
}

/** The Secrets that a pod reads, by name; pull secrets are not among them: no container sees them. */
export function secretNames(spec: PodSpec): string[] {
  const references = [
    ...containersOf(spec).flatMap(({ env = [] }) => env.map(({ valueFrom }) => valueFrom?.secretKeyRef)),
    ...containersOf(spec).flatMap(({ envFrom = [] }) => envFrom.map(({ secretRef }) => secretRef)),
    ...(spec.volumes ?? []).map(({ secret }) => secret),
    ...(spec.volumes ?? []).flatMap(({ projected }) => (projected?.sources ?? []).map(({ secret }) => secret)),
  ];
  return references.flatMap((one) => one?.secretName ?? one?.name ?? []);
}

const confidentialValues = (spec: PodSpec): string[] =>
  containersOf(spec).flatMap(({ env = [] }) =>
    env.flatMap(({ name, value = '' }) => (CONFIDENTIAL.test(name) && value !== '' ? [value] : [])),
  );

const containersOf = ({ containers = [], initContainers = [] }: PodSpec): Container[] => [
  ...containers,
  ...initContainers,
];
