import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LANGUAGE } from '../../src/runner/kubectl.ts';
import { type Api, createApi } from './api.ts';
import type { Authority } from './authority.ts';
import { say } from './cache.ts';
import { cgroupOf, createCgroups } from './cgroups.ts';
import { attempt, type CommandResult } from './command.ts';
import { apiServer, controlPlane } from './control-plane.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { nodeAddress, nodeName } from './namespaces.ts';
import { containerd, containerdSocket, kubelet, kubeProxy, type RegistryAddress } from './node-parts.ts';
import { type Component, startComponent } from './supervisor.ts';
import { until } from './until.ts';

export interface ClusterOptions {
  /** The folder that `ensureBinaries` answered with. */
  binaries: string;
  /** The world's work folder; logs go to its `logs`. */
  work: string;
  authority: Authority;
  /** Where containerd asks for ghcr.io. */
  registry: RegistryAddress;
  /** An archive with the sandbox image. */
  sandbox: string;
  /** The folder that containerd's root begins as. */
  layers: string;
}

/** What each program is started with. */
export type Commands = Record<
  'containerd' | 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubelet' | 'kube-proxy',
  [string, ...string[]]
>;

export interface Cluster {
  /** A kubeconfig of a cluster administrator. */
  kubeconfig: string;
  nodeAddress: string;
  binaries: string;
  /** JSON lines, one per write that the API server answered, and per request of Ordo's controller, in the order of the answers. */
  auditLog: string;
  commands: Commands;
  kubectl(args: string[], input?: string): Promise<CommandResult>;
  /** As the administrator, for those who ask often. */
  read: Api['read'];
  write: Api['write'];
}

/** Starts a one-node Kubernetes inside a world, answers when its node is Ready and pods can be made, and ends with it. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { binaries, work, authority } = options;
  const folder = join(work, 'kubernetes');
  const auditLog = join(work, 'audit.log');
  const cgroup = cgroupOf(work);
  await mkdir(folder, { recursive: true });
  await createCgroups(cgroup);
  const kubeconfig = await writeKubeconfig(join(folder, 'admin.json'), apiServer, authority, 'admin', {
    organization: 'system:masters',
  });
  const commands: Commands = {
    containerd: await containerd(folder, options.registry, options.layers),
    ...(await controlPlane(binaries, folder, authority, auditLog)),
    kubelet: await kubelet(binaries, folder, authority, cgroup),
    'kube-proxy': await kubeProxy(binaries, folder, authority),
  };
  const kubectl = kubectlOf({ binaries, kubeconfig });
  await bringUp({ commands, kubectl, logs: join(work, 'logs'), sandbox: options.sandbox });
  return { kubeconfig, nodeAddress, binaries, auditLog, commands, kubectl, ...createApi(kubeconfig) };
}

/** Starts the programs and answers when the node says that it is ready; they end with the world. */
export async function bringUp({
  commands,
  kubectl,
  logs,
  sandbox,
}: Pick<Cluster, 'commands' | 'kubectl'> & { logs: string; sandbox?: string }): Promise<void> {
  const components: Component[] = [];
  const start = (...names: (keyof Commands)[]): void => {
    for (const name of names) {
      const component = startComponent(name, commands[name], join(logs, `${name}.log`));
      // A death ends the start; later on it is said, and the tests fail by themselves.
      component.died.catch((error: Error) => say(error.message));
      components.push(component);
    }
  };
  const running = <T>(wanted: Promise<T>): Promise<T> => Promise.race([wanted, ...components.map(({ died }) => died)]);

  start('containerd', 'etcd', 'kube-apiserver');
  if (sandbox !== undefined) await running(importSandbox(sandbox));
  await running(
    until('the API server to be ready', async () => (await kubectl(['get', '--raw', '/readyz'])).code === 0),
  );
  start('kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy');
  await running(until('the node to be ready', () => nodeReady(kubectl)));
  await running(until('services to be reachable', proxyReady));
}

/** Answers with what runs this world's kubectl as the administrator. */
export function kubectlOf({ binaries, kubeconfig }: Pick<Cluster, 'binaries' | 'kubeconfig'>): Cluster['kubectl'] {
  // Too short for its garbage to matter.
  const env = { ...process.env, KUBERC: 'off', GOGC: 'off', LC_ALL: LANGUAGE };
  return (args, input = '') =>
    attempt(join(binaries, 'kubectl'), ['--kubeconfig', kubeconfig, ...args], { env, input });
}

// The one image that does not come from the registry: containerd needs it before it can run a pod.
async function importSandbox(archive: string): Promise<void> {
  const args = ['--address', containerdSocket, '--namespace', 'k8s.io', 'images', 'import', archive];
  await until('containerd to take the sandbox image', async () => (await attempt('ctr', args)).code === 0);
}

// Pods are refused before the controller manager has made the namespace's service account.
async function nodeReady(kubectl: Cluster['kubectl']): Promise<boolean> {
  const condition = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
  const node = await kubectl(['get', 'node', nodeName, '-o', condition]);
  return node.stdout === 'True' && (await kubectl(['get', 'serviceaccount', 'default'])).code === 0;
}

// kube-proxy calls itself healthy before it has written a rule. This one leads to the API server by service address.
async function proxyReady(): Promise<boolean> {
  return (await attempt('iptables-save', ['--table', 'nat'])).stdout.includes('KUBE-SEP-');
}
