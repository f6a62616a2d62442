import type { World } from './world.ts';

/** A Job that makes Secrets and ConfigMaps with the kubectl in Ordo's own image, and what it may do: texts of manifests. */

interface Place {
  name: string;
  namespace: string;
}

export const account = ({ name, namespace }: Place): string => `
apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${name}
  namespace: ${namespace}
`;

export const role = ({ name, namespace }: Place): string => `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: ${name}
  namespace: ${namespace}
rules:
  - apiGroups: [""]
    resources: [configmaps, secrets]
    verbs: [create, get, patch]
`;

export const roleBinding = ({ name, namespace }: Place): string => `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: ${name}
  namespace: ${namespace}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: ${name}
subjects:
  - kind: ServiceAccount
    name: ${name}
    namespace: ${namespace}
`;

/** @param account the name of the account that it runs as; its own name when left out */
export const kubectlJob = (
  { image }: World,
  { name, namespace, account: as = name }: Place & { account?: string },
  script: readonly string[],
): string => `
apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  template:
    spec:
      restartPolicy: Never
      serviceAccountName: ${as}
      containers:
        - name: main
          image: ${image}
          command: [/bin/sh, -ec]
          args:
            - |
${script.map((line) => `              ${line}\n`).join('')}`;
