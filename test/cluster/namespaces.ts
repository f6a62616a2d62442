import { realpathSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { command } from './command.ts';

/** The one node's address: on a veth pair inside the world, reachable from its pods and from nowhere else. */
export const nodeAddress = '10.89.0.1';
export const nodeName = 'node';

// The kubelet insists on these settings of the whole machine, and makes them where they differ. In a world it reads, and
// would write, plain files in their place.
const kubeletSysctls = {
  'vm.overcommit_memory': 1,
  'vm.panic_on_oom': 0,
  'kernel.panic': 10,
  'kernel.panic_on_oops': 1,
  'kernel.keys.root_maxkeys': 1000000,
  'kernel.keys.root_maxbytes': 25000000,
};

/**
 * Sets up the namespaces that `enterWorld` made, from inside: the network, and folders of the machine that Kubernetes,
 * containerd or iptables write to are hidden behind ones of the world. `names` are host names for the node's address.
 */
export async function setUpNamespaces(work: string, names: string[] = []): Promise<void> {
  const resolver = realpathSync('/etc/resolv.conf');
  // The kubelet shares mounts with its pods; this stays inside, the world's mounts are a private copy of the machine's.
  await command('mount', ['--make-rshared', '/']);
  await command('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run']);
  await mkdir('/run/lock');
  for (const folder of ['/var/log', '/var/lib/kubelet', '/var/lib/cni']) await hide(folder, work);
  const hosts = [`127.0.0.1 localhost`, `${nodeAddress} ${[nodeName, ...names].join(' ')}`].join('\n');
  await replace('/etc/hosts', join(work, 'hosts'), `${hosts}\n`);
  // No name server: what is not in the hosts file fails at once instead of after a timeout.
  await replace(resolver, join(work, 'resolv.conf'), '');
  await mkdir(join(work, 'sysctl'));
  for (const [name, value] of Object.entries(kubeletSysctls)) {
    await replace(`/proc/sys/${name.replaceAll('.', '/')}`, join(work, 'sysctl', name), `${value}\n`);
  }
  await setUpNetwork();
}

async function setUpNetwork(): Promise<void> {
  const ip = (text: string): Promise<string> => command('ip', text.split(' '));
  await ip('link set lo up');
  // A pair, as not every kernel has dummy devices.
  await ip('link add host0 type veth peer name host1');
  await ip(`address add ${nodeAddress}/24 dev host0`);
  await ip('link set host0 up');
  await ip('link set host1 up');
  // Kubernetes wants a default route; nobody is at its other end.
  await ip('route add default dev host0');
}

async function hide(folder: string, work: string): Promise<void> {
  const own = join(work, folder.slice(1).replaceAll('/', '-'));
  await mkdir(own, { recursive: true });
  await mkdir(folder, { recursive: true });
  await command('mount', ['--bind', own, folder]);
}

async function replace(file: string, own: string, content: string): Promise<void> {
  await writeFile(own, content);
  // systemd keeps it below /run, which is empty by now.
  if (file.startsWith('/run/')) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '');
  }
  await command('mount', ['--bind', own, file]);
}
