import { type ChildProcess, spawn } from 'node:child_process';

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
}

/** Runs a command to its end and answers with what it said; a signal's end counts as code 128. Rejects only when it cannot start. */
export function attempt(command: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A command that ends without reading its input is judged by its exit code, not by the broken pipe.
  child.stdin.on('error', () => {});
  child.on('error', reject).on('close', (code) => resolve({ code: code ?? 128, stdout, stderr }));
  child.stdin.end(options.input ?? '');
  return promise;
}

/** Runs a command that has to work and answers with its standard output, trimmed; else the error carries its last lines. */
export async function command(name: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await attempt(name, args, options);
  if (code === 0) return stdout.trim();
  const said = (stderr.trim() || stdout.trim()).split('\n').slice(-40).join('\n');
  throw new Error(`${name} ${args.join(' ')} ended with code ${code}: ${said}`);
}

/** Ends a program that was started for `work` when that has ended, and waits until it is gone. */
export async function endAfter<T>(child: ChildProcess, work: () => Promise<T>): Promise<T> {
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()).on('error', () => resolve()));
  try {
    return await work();
  } finally {
    child.kill();
    await ended;
  }
}
