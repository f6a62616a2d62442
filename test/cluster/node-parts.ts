import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Authority } from './authority.ts';
import { apiServer } from './control-plane.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { CONTAINERD_WRITES, linkTree } from './link-tree.ts';
import { nodeAddress, nodeName } from './namespaces.ts';

export interface RegistryAddress {
  host: string;
  port: number;
  caFile: string;
}

/** The image whose one process holds a pod's namespaces. */
export const sandboxImage = 'ordo.test/sandbox:1';
/** In the world's own /run, so that the length of the work folder's path does not matter. */
export const containerdSocket = '/run/containerd/containerd.sock';
const podRange = '10.88.0.0/16';

/** What containerd is started with; writes its settings, the pod network's and where ghcr.io is, and what it has pulled already. */
export async function containerd(
  folder: string,
  registry: RegistryAddress,
  layers: string,
): Promise<[string, ...string[]]> {
  const own = join(folder, 'containerd');
  const registries = join(own, 'registries');
  const networks = join(own, 'networks');
  await mkdir(join(registries, 'ghcr.io'), { recursive: true });
  await mkdir(networks, { recursive: true });
  await linkTree(layers, join(own, 'root'), CONTAINERD_WRITES);
  const url = `https://${registry.host}:${registry.port}`;
  await writeFile(
    join(registries, 'ghcr.io', 'hosts.toml'),
    // As a `[host]` of its own the same address would be asked a second time without the CA, which hides a 404.
    `server = "${url}"\ncapabilities = ["pull", "resolve"]\nca = "${registry.caFile}"\n[host]\n`,
  );
  await writeFile(join(networks, '10-pods.conflist'), JSON.stringify(podNetwork));
  await writeFile(join(own, 'config.toml'), containerdSettings(own, registries, networks));
  return ['containerd', '--config', join(own, 'config.toml')];
}

/** Without address translation of its own, and without host ports: there is nothing outside of a world. Each would cost every pod some iptables. */
const podNetwork = {
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'pods0',
      isGateway: true,
      hairpinMode: true,
      ipam: { type: 'host-local', ranges: [[{ subnet: podRange }]], routes: [{ dst: '0.0.0.0/0' }] },
    },
  ],
};

// restrict_oom_score_adj: without CAP_SYS_RESOURCE (a machine may withhold it) runc could not start a sandbox.
function containerdSettings(own: string, registries: string, networks: string): string {
  return `version = 2
root = "${join(own, 'root')}"
state = "/run/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp"]
[grpc]
address = "${containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
path = "${join(own, 'opt')}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${sandboxImage}"
restrict_oom_score_adj = true
tolerate_missing_hugetlb_controller = true
max_concurrent_downloads = 10
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${networks}"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "${registries}"
`;
}

/** What the kubelet is started with; its pods go below the cgroup `cgroup`. */
export async function kubelet(
  binaries: string,
  folder: string,
  authority: Authority,
  cgroup: string,
): Promise<[string, ...string[]]> {
  const user = `system:node:${nodeName}`;
  const [config, serving] = await Promise.all([
    writeKubeconfig(join(folder, 'kubelet.json'), apiServer, authority, user, { organization: 'system:nodes' }),
    authority.issue('kubelet-serving', { hosts: [nodeName, nodeAddress] }),
    writeFile(join(folder, 'no-resolver.conf'), ''),
  ]);
  const settings = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: nodeAddress,
    authentication: {
      x509: { clientCAFile: authority.caFile },
      webhook: { enabled: true },
      anonymous: { enabled: false },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: serving.certFile,
    tlsPrivateKeyFile: serving.keyFile,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failSwapOn: false,
    volumePluginDir: join(folder, 'volume-plugins'),
    resolvConf: join(folder, 'no-resolver.conf'),
    // There is no name server: in a pod, too, a look-up fails at once.
    clusterDNS: ['127.0.0.1'],
    maxPods: 500,
    // Nothing may throttle, and what was pulled stays.
    registryPullQPS: 0,
    eventRecordQPS: 0,
    // A container that ends again and again is started again after a second, not after up to five minutes.
    featureGates: { KubeletCrashLoopBackOffMax: true },
    crashLoopBackOff: { maxContainerRestartPeriod: '1s' },
    kubeAPIQPS: 1000,
    kubeAPIBurst: 2000,
    serializeImagePulls: false,
    imageGCHighThresholdPercent: 100,
    // A full disk is the machine's owner's business: it must not evict pods in mid-test.
    evictionHard: {
      'memory.available': '50Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
      'nodefs.inodesFree': '1%',
    },
  };
  await writeFile(join(folder, 'kubelet-settings.json'), JSON.stringify(settings));
  return [
    join(binaries, 'kubelet'),
    ...[`--config=${join(folder, 'kubelet-settings.json')}`, `--kubeconfig=${config}`],
    ...[`--hostname-override=${nodeName}`, `--node-ip=${nodeAddress}`],
  ];
}

/** What kube-proxy is started with. */
export async function kubeProxy(
  binaries: string,
  folder: string,
  authority: Authority,
): Promise<[string, ...string[]]> {
  const file = join(folder, 'kube-proxy.json');
  const settings = {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    hostnameOverride: nodeName,
    clusterCIDR: podRange,
    clientConnection: { kubeconfig: await writeKubeconfig(file, apiServer, authority, 'system:kube-proxy') },
    // The machine's own limit stays as it is.
    conntrack: { maxPerCore: 0, min: 0 },
    // Pods on one bridge answer each other past the node's address translation, unless the node stands in as the sender.
    iptables: { masqueradeAll: true, minSyncPeriod: '0s' },
  };
  await writeFile(join(folder, 'kube-proxy-settings.json'), JSON.stringify(settings));
  return [join(binaries, 'kube-proxy'), `--config=${join(folder, 'kube-proxy-settings.json')}`];
}
