import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Authority } from './authority.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { nodeAddress } from './namespaces.ts';

export const apiServer = `https://${nodeAddress}:6443`;
const etcdServer = 'http://127.0.0.1:2379';

/** What each program of the control plane is started with, by name; writes the files that the arguments name. */
export async function controlPlane(binaries: string, folder: string, authority: Authority, auditLog: string) {
  const file = (name: string): string => join(folder, name);
  const binary = (name: string): string => join(binaries, name);
  const [serving, kubeletClient, serviceAccounts, manager, scheduler] = await Promise.all([
    authority.issue('kube-apiserver', {
      hosts: [nodeAddress, '127.0.0.1', '10.96.0.1', 'localhost', 'kubernetes.default.svc', 'kubernetes.default'],
    }),
    authority.issue('apiserver-kubelet-client', { organization: 'system:masters' }),
    authority.issue('service-accounts'),
    writeKubeconfig(file('kube-controller-manager.json'), apiServer, authority, 'system:kube-controller-manager'),
    writeKubeconfig(file('kube-scheduler.json'), apiServer, authority, 'system:kube-scheduler'),
    writeFile(file('audit.json'), JSON.stringify(auditPolicy)),
  ]);
  const clients = (config: string): string[] =>
    ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map((flag) => `--${flag}=${config}`);
  const quick = ['--leader-elect=false', '--kube-api-qps=1000', '--kube-api-burst=2000'];
  return {
    etcd: [
      binary('etcd'),
      ...['--name=world', `--data-dir=${file('etcd')}`, '--unsafe-no-fsync', '--log-level=warn'],
      ...[`--listen-client-urls=${etcdServer}`, `--advertise-client-urls=${etcdServer}`],
      ...['--listen-peer-urls=http://127.0.0.1:2380', '--initial-advertise-peer-urls=http://127.0.0.1:2380'],
      '--initial-cluster=world=http://127.0.0.1:2380',
      // One member has nobody to send a heartbeat to ten times a second.
      ...['--heartbeat-interval=500', '--election-timeout=2500'],
    ],
    'kube-apiserver': [
      binary('kube-apiserver'),
      ...[`--etcd-servers=${etcdServer}`, `--advertise-address=${nodeAddress}`, '--secure-port=6443'],
      ...['--service-cluster-ip-range=10.96.0.0/16', '--authorization-mode=Node,RBAC', '--allow-privileged'],
      ...[`--client-ca-file=${authority.caFile}`, `--tls-cert-file=${serving.certFile}`],
      ...[`--tls-private-key-file=${serving.keyFile}`, `--kubelet-certificate-authority=${authority.caFile}`],
      ...[`--kubelet-client-certificate=${kubeletClient.certFile}`, `--kubelet-client-key=${kubeletClient.keyFile}`],
      ...['--kubelet-preferred-address-types=InternalIP', '--service-account-issuer=https://kubernetes.default.svc'],
      ...[`--service-account-key-file=${serviceAccounts.certFile}`],
      ...[`--service-account-signing-key-file=${serviceAccounts.keyFile}`],
      ...[`--audit-policy-file=${file('audit.json')}`, `--audit-log-path=${auditLog}`],
      // Nothing may throttle: a test that waits for a fair queue measures the queue.
      ...['--enable-priority-and-fairness=false', '--max-requests-inflight=0', '--max-mutating-requests-inflight=0'],
      ...['--profiling=false', '--shutdown-delay-duration=0s'],
    ],
    'kube-controller-manager': [
      binary('kube-controller-manager'),
      ...[...clients(manager), ...quick, '--secure-port=0', '--use-service-account-credentials'],
      ...[`--service-account-private-key-file=${serviceAccounts.keyFile}`, `--root-ca-file=${authority.caFile}`],
      ...['--concurrent-job-syncs=20', '--concurrent-namespace-syncs=20'],
      // No volume here is attached to a node by anybody; this one would look for that ten times a second.
      '--controllers=*,-persistentvolume-attach-detach-controller',
    ],
    'kube-scheduler': [binary('kube-scheduler'), ...clients(scheduler), ...quick, '--secure-port=0'],
  } satisfies Record<string, [string, ...string[]]>;
}

// Every write and nothing else, once, when it is done; the log is written before the answer goes out (mode blocking is
// the default), so a test that has seen the effect of a write finds it there.
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
    // What the controller reads: idle, it asks for next to nothing.
    { level: 'Metadata', users: ['system:serviceaccount:admin:ordo'], omitStages: ['ResponseStarted'] },
    { level: 'None' },
  ],
};
