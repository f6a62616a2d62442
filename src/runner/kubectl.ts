import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface KubectlOptions {
  /** The program: a name in PATH, or a path. */
  command: string;
  /** Before every subcommand's own arguments, such as a kubeconfig for tests. */
  args?: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Kills running processes; not for a polite stop, which lets them finish. */
  kill?: AbortSignal;
}

/** A line of output in the order in which it came. */
export interface Line {
  from: 'out' | 'err';
  text: string;
}

export interface Said {
  /** The exit code; -1 when a signal or the time limit ended the process. */
  code: number;
  lines: Line[];
  stderr: string;
}

export interface Kubectl {
  /** Runs one kubectl; rejects only when it cannot be started. `limit`: the longest it may take, in ms. */
  run(args: readonly string[], input: string, limit: number): Promise<Said>;
  /** Resolves when no kubectl is running. */
  idle(): Promise<void>;
}

const AT_ONCE = 4;

/** Runs kubectl without a shell, at most four at once: each takes 50-70 MB. */
export function createKubectl({ command, args = [], env, kill }: KubectlOptions): Kubectl {
  const queue: (() => void)[] = [];
  const children = new Set<Promise<Said>>();
  let running = 0;
  return {
    async idle() {
      while (children.size > 0) await Promise.allSettled(children);
    },
    async run(own, input, limit) {
      if (running >= AT_ONCE) await new Promise<void>((resolve) => queue.push(resolve));
      else running += 1;
      const child = start([...own, ...args], input, limit);
      children.add(child);
      try {
        return await child;
      } finally {
        children.delete(child);
        const next = queue.shift();
        if (next) next();
        else running -= 1;
      }
    },
  };

  function start(all: string[], input: string, limit: number): Promise<Said> {
    const { promise, resolve, reject } = Promise.withResolvers<Said>();
    const child = spawn(command, all, {
      env,
      stdio: 'pipe',
      timeout: limit,
      killSignal: 'SIGKILL',
      ...(kill ? { signal: kill } : {}),
    });
    const lines: Line[] = [];
    createInterface(child.stdout).on('line', (text) => lines.push({ from: 'out', text }));
    createInterface(child.stderr).on('line', (text) => lines.push({ from: 'err', text }));
    // kubectl may end before it has read everything; its exit code says so.
    child.stdin.on('error', () => {});
    child.on('error', reject).on('close', (code) => resolve({ code: code ?? -1, lines, stderr: stderrOf(lines) }));
    child.stdin.end(input);
    return promise;
  }
}

function stderrOf(lines: readonly Line[]): string {
  return lines
    .filter(({ from }) => from === 'err')
    .map(({ text }) => text)
    .join('\n');
}

/** kubectl's arguments that every call has: no user's preferences, a writable cache, and no request that hangs for ever. */
export const COMMON = ['--cache-dir=/tmp/kubectl-cache', '--request-timeout=30s'];
