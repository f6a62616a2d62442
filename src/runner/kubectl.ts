import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { collectLines, type Line } from './lines.ts';

export interface KubectlOptions {
  /** The program: a name in PATH, or a path. */
  command: string;
  /** After every subcommand's own arguments, such as a kubeconfig for tests. */
  args?: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Kills running processes; not for a polite stop, which lets them finish. */
  kill?: AbortSignal;
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
  /** Starts one that waits for its input: the next `run` with these arguments saves the start, half of a short call. */
  prepare(args: readonly string[]): void;
  /** Ends one that was started with these arguments and is not needed: it would take the place of others. */
  discard(args: readonly string[]): void;
  /** Ends those that only wait, and resolves when no kubectl is running. */
  close(): Promise<void>;
}

/** Arguments of every call: a cache that can be written, and no request that hangs for ever. */
export const COMMON = ['--cache-dir=/tmp/kubectl-cache', '--request-timeout=30s'];

/**
 * kubectl reads its translations whenever it starts, and those of English are by far the most: a third of its start. In this
 * language seven sentences of its help are translated and nothing that it says of an object.
 */
export const LANGUAGE = 'fr_FR.UTF-8';

const AT_ONCE = 4;

/** A started process and what it will have said at its end. */
interface Process {
  child: ChildProcessWithoutNullStreams;
  said: Promise<Said>;
}

/** Runs kubectl without a shell, at most four at once, the prepared ones counted: each takes 50-70 MB. */
export function createKubectl({ command, args = [], env, kill }: KubectlOptions): Kubectl {
  const queue: (() => void)[] = [];
  const running = new Set<Promise<Said>>();
  const prepared = new Map<string, Process>();
  return { run, prepare, discard, close };

  async function run(own: readonly string[], input: string, limit: number): Promise<Said> {
    while (!prepared.has(keyOf(own)) && running.size + prepared.size >= AT_ONCE) {
      await new Promise<void>((resolve) => queue.push(resolve));
    }
    const { child, said } = take(own) ?? start(own);
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    running.add(said);
    child.stdin.end(input);
    try {
      return await said;
    } finally {
      clearTimeout(timer);
      running.delete(said);
      for (const next of queue.splice(0)) next();
    }
  }

  function prepare(own: readonly string[]): void {
    if (prepared.has(keyOf(own)) || running.size + prepared.size >= AT_ONCE) return;
    const process = start(own);
    prepared.set(keyOf(own), process);
    // It may die of memory, or not start at all: then it is no longer there to be taken.
    const forget = (): void => {
      if (prepared.get(keyOf(own)) === process) prepared.delete(keyOf(own));
    };
    process.said.then(forget, forget);
  }

  function discard(own: readonly string[]): void {
    take(own)?.child.kill('SIGKILL');
    for (const next of queue.splice(0)) next();
  }

  function take(own: readonly string[]): Process | undefined {
    const process = prepared.get(keyOf(own));
    prepared.delete(keyOf(own));
    return process;
  }

  function start(own: readonly string[]): Process {
    const child = spawn(command, [...own, ...args], { env, stdio: 'pipe', ...(kill ? { signal: kill } : {}) });
    const { promise, resolve, reject } = Promise.withResolvers<Said>();
    const lines = collectLines(child.stdout, child.stderr);
    // kubectl may end before it has read everything; its exit code says so.
    child.stdin.on('error', () => {});
    child.on('error', reject).on('close', (code) => resolve({ code: code ?? -1, lines, stderr: stderrOf(lines) }));
    return { child, said: promise };
  }

  async function close(): Promise<void> {
    for (const { child } of prepared.values()) child.kill('SIGKILL');
    await Promise.allSettled(running);
  }
}

const keyOf = (args: readonly string[]): string => args.join('\0');

function stderrOf(lines: readonly Line[]): string {
  return lines
    .filter(({ from }) => from === 'err')
    .map(({ text }) => text)
    .join('\n');
}
