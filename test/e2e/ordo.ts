import type { CommandResult } from '../cluster/command.ts';
import { NAMESPACE, type Site } from './site.ts';

const inPod = (args: readonly string[]): string[] => ['-n', NAMESPACE, 'exec', 'deploy/ordo', '--', 'ordo', ...args];

/** A command of `ordo` in its pod, whatever it ends with. */
export const ordo = ({ world }: Site, ...args: string[]): Promise<CommandResult> => world.cluster.kubectl(inPod(args));

/** What a command of `ordo` prints that has to end with 0. */
export const ordoSays = (site: Site, ...args: string[]): Promise<string> => site.kubectl(...inPod(args));
