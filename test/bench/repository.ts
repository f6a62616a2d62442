/** The repository that the figures are taken with: groups of 100 objects, ten Namespaces a group, ten objects a Namespace. */

const NAMESPACES = 10;
/** The numbers of the ten groups. */
export const TEN = Array.from({ length: 10 }, (_, index) => 10 + index);

/** Files by path below the watched folder. */
export type Texts = Record<string, string>;

/**
 * The files of one group, numbered by kind as DORIS does. Another `revision` changes each object, none so that it would
 * be made anew: kubectl knows no such thing.
 * @param owner tells the objects of Ordo from those that kubectl applies
 */
export function group(owner: string, number: number, revision: number): Texts {
  const files: Texts = {};
  for (let index = 0; index < NAMESPACES; index += 1) {
    const namespace = `${owner}-${number}-${index}`;
    for (const [name, object] of Object.entries(objectsOf(namespace, revision))) {
      files[`${number}-group/${name.replace('-', `-${namespace}`)}.yml`] = manifest(namespace, revision, object);
    }
  }
  return files;
}

/** The file of one object of a group. */
export function one(owner: string, number: number, revision: number): Texts {
  const [first] = Object.entries(group(owner, number, revision)).filter(([path]) => path.includes('/120-'));
  return first ? Object.fromEntries([first]) : {};
}

export const groups = (owner: string, numbers: readonly number[], revision: number): Texts =>
  Object.assign({}, ...numbers.map((number) => group(owner, number, revision))) as Texts;

/** As they are put into Ordo's repository. */
export const watched = (files: Texts): Texts =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`deploy/${path}`, text]));

interface Part {
  apiVersion?: string;
  kind: string;
  name?: string;
  body?: string;
}

function objectsOf(namespace: string, revision: number): Record<string, Part> {
  const rbac = 'rbac.authorization.k8s.io/v1';
  const settings = (name: string): Part => ({ kind: 'ConfigMap', name, body: data(revision) });
  return {
    '10-namespace': { kind: 'Namespace', name: namespace },
    '20-secret': { kind: 'Secret', body: `stringData:\n  password: "word-${revision}"\n` },
    '30-serviceaccount': { kind: 'ServiceAccount' },
    '40-role': { apiVersion: rbac, kind: 'Role', body: ROLE },
    '50-rolebinding': { apiVersion: rbac, kind: 'RoleBinding', body: binding(namespace) },
    '120-configmap': settings('settings'),
    '130-configmap': settings('dashboards'),
    '140-configmap': settings('scripts'),
    '170-deployment': { apiVersion: 'apps/v1', kind: 'Deployment', body: DEPLOYMENT },
    '180-service': { kind: 'Service', body: SERVICE },
  };
}

const manifest = (namespace: string, revision: number, { apiVersion = 'v1', kind, name = 'app', body = '' }: Part) => `
apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: ${name}
${kind === 'Namespace' ? '' : `  namespace: ${namespace}\n`}  labels:
    app: app
  annotations:
    example.com/revision: "${revision}"
${body}`;

// A few lines each, as people's settings have.
const data = (revision: number): string => `data:
  revision: "${revision}"
  settings.conf: |
${Array.from({ length: 12 }, (_, line) => `    option-${line} = a value of some length for line ${line}\n`).join('')}`;

const ROLE = `rules:
  - apiGroups: [""]
    resources: [configmaps, secrets]
    verbs: [get, list, watch]
`;

const binding = (namespace: string): string => `roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: app
subjects:
  - kind: ServiceAccount
    name: app
    namespace: ${namespace}
`;

const DEPLOYMENT = `spec:
  replicas: 0
  selector:
    matchLabels:
      app: app
  template:
    metadata:
      labels:
        app: app
    spec:
      serviceAccountName: app
      containers:
        - name: main
          image: ghcr.io/acme/app:main
          resources:
            requests: { cpu: 10m, memory: 16Mi }
`;

const SERVICE = `spec:
  selector:
    app: app
  ports:
    - port: 80
`;
