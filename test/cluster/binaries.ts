import { readFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, contentHash, say, saying } from './cache.ts';
import { command } from './command.ts';

/** The Kubernetes that go.mod beside this file builds. */
export const kubernetesVersion = '1.34.4';
/** The etcd that etcd/go.mod builds. Debian's 3.4 is wrong under this Kubernetes: it lacks progress notifications. */
const etcdVersion = '3.6.13';

const here = dirname(fileURLToPath(import.meta.url));
const components = ['kubectl', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'];
// Without a version the server calls itself v0.0.0, and clients refuse it.
const [major, minor] = kubernetesVersion.split('.');
const linkerFlags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
  .flatMap((path) => [
    `${path}.gitVersion=v${kubernetesVersion}`,
    `${path}.gitMajor=${major}`,
    `${path}.gitMinor=${minor}`,
  ])
  .reduce((flags, variable) => `${flags} -X ${variable}`, '-s -w');

/** Answers with the folder that holds kubectl, the Kubernetes components and etcd; builds them once per machine (minutes). */
export async function ensureBinaries(): Promise<string> {
  const modules = ['go.mod', 'go.sum', 'etcd/go.mod', 'etcd/go.sum'].map((file) => readFile(join(here, file)));
  const hash = contentHash(linkerFlags, etcdVersion, ...(await Promise.all(modules)));
  return cached(`kubernetes-${kubernetesVersion}-${arch()}-${hash}`, async (folder) => {
    say(`building Kubernetes ${kubernetesVersion} and etcd ${etcdVersion}, once on this machine (minutes)`);
    for (const name of components) await build(here, linkerFlags, `k8s.io/kubernetes/cmd/${name}`, join(folder, name));
    await build(join(here, 'etcd'), '-s -w', 'go.etcd.io/etcd/server/v3', join(folder, 'etcd'));
  });
}

/** The same for kubectl alone and for arm64: what its image needs. */
export async function ensureArm64Kubectl(): Promise<string> {
  const modules = ['go.mod', 'go.sum'].map((file) => readFile(join(here, file)));
  const hash = contentHash(linkerFlags, ...(await Promise.all(modules)));
  return cached(`kubectl-${kubernetesVersion}-arm64-${hash}`, async (folder) => {
    say(`building kubectl ${kubernetesVersion} for arm64, once on this machine (minutes)`);
    await build(here, linkerFlags, 'k8s.io/kubernetes/cmd/kubectl', join(folder, 'kubectl'), { GOARCH: 'arm64' });
  });
}

async function build(
  cwd: string,
  flags: string,
  path: string,
  output: string,
  goal: NodeJS.ProcessEnv = {},
): Promise<void> {
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', ...goal };
  const args = ['build', '-trimpath', '-ldflags', flags, '-o', output, path];
  await saying(`  ${output.slice(output.lastIndexOf('/') + 1)}`, () => command('go', args, { cwd, env }));
}
