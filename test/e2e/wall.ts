import { command } from '../cluster/command.ts';
import { CONTROLLER, find } from './processes.ts';

/** Ordo's pod as the network sees it, looked at from inside of the pod's network namespace. */

/** Where Ordo listens: for the kubelet, and for whoever wants to look. */
export const PORT = 8080;

interface Socket {
  state: string;
  /** The port on Ordo's side. */
  port: number;
  peer: string;
}

/** How many packets a wall turned away: openings of connections from the node to Ordo's port, and all else. */
export interface Refused {
  probes: number;
  others: number;
}

/** All TCP sockets, listening ones included. */
export async function sockets(): Promise<Socket[]> {
  const lines = (await inPod('ss', '--no-header', '--tcp', '--all', '--numeric')).split('\n');
  return lines.map((line) => {
    const [state = '', , , local = '', peer = ''] = line.split(/\s+/);
    return { state, port: Number(local.split(':').at(-1)), peer };
  });
}

/** While `work` runs nobody can open a connection to the pod, or send it anything else than answers in one that it opened. */
export async function behindWall(work: () => Promise<void>): Promise<Refused> {
  const [, node = ''] = /^default via (\S+)/.exec(await inPod('ip', 'route', 'show', 'default')) ?? [];
  const fromOutside = ['!', '-i', 'lo', '-j', 'DROP'];
  const rules = [
    ['-p', 'tcp', '--syn', '-s', node, '--dport', String(PORT), ...fromOutside],
    ['-p', 'tcp', '--syn', ...fromOutside],
    ['!', '-p', 'tcp', ...fromOutside],
  ];
  for (const rule of rules) await inPod('iptables', '--append', 'INPUT', ...rule);
  try {
    await work();
    return await refused();
  } finally {
    await inPod('iptables', '--flush', 'INPUT');
  }
}

async function refused(): Promise<Refused> {
  const list = await inPod('iptables', '--list', 'INPUT', '--verbose', '--exact', '--numeric');
  // Two lines of headings, then a rule a line, which begins with its packets.
  const counts = list
    .split('\n')
    .slice(2)
    .map((line) => Number(line.trim().split(/\s+/)[0]));
  const [probes = NaN, ...others] = counts;
  return { probes, others: others.reduce((sum, count) => sum + count, 0) };
}

async function inPod(...words: string[]): Promise<string> {
  const [pid] = await find(CONTROLLER);
  return command('nsenter', ['--target', String(pid), '--net', '--', ...words]);
}
