import { LANGUAGE } from '../../src/runner/kubectl.ts';
import { attempt, type CommandResult } from '../cluster/command.ts';
import type { World } from './world.ts';

export interface DeployOptions {
  /** The world's own, by its tag, when left out. */
  image?: string;
  /** Beside `--image`. */
  args?: string[];
  /** The file that kubectl reads its contexts from; the cluster's own when left out. */
  kubeconfig?: string;
  /** What a person types at a terminal; without it there is no terminal, and nothing is asked. */
  typed?: string;
}

/** Runs the real deploy.sh as a user would: in his working copy, with the image that was pushed. */
export function deployScript(
  { cluster, ...world }: World,
  workingCopy: string,
  { image = world.image, args = [], kubeconfig = cluster.kubeconfig, typed }: DeployOptions = {},
): Promise<CommandResult> {
  const env = environment(cluster, kubeconfig);
  const command = ['bash', `${workingCopy}/deploy.sh`, '--image', image, ...args];
  if (typed === undefined) return attempt('env', command, { env });
  const quoted = command.map((word) => `'${word}'`).join(' ');
  return attempt('script', ['--quiet', '--return', '--command', quoted, '/dev/null'], { env, input: typed });
}

/** What a person types into a shell, line by line up to the first that fails, with this cluster's kubectl. What hangs is ended. */
export const inShell = ({ cluster }: World, lines: string): Promise<CommandResult> =>
  attempt('timeout', ['150', 'bash', '-exc', lines], { env: environment(cluster, cluster.kubeconfig) });

const environment = ({ binaries }: World['cluster'], kubeconfig: string): NodeJS.ProcessEnv => ({
  ...process.env,
  GOGC: 'off',
  // Not LC_ALL: bash complains of one that the machine has not.
  LC_MESSAGES: LANGUAGE,
  KUBECONFIG: kubeconfig,
  PATH: `${binaries}:${process.env['PATH']}`,
});
