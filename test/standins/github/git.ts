import { spawn } from 'node:child_process';

/** Variables that keep git to what the stand-in says: the machine's own configuration plays no part. */
export const gitEnvironment = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

/** Runs git in a bare repository; answers with its trimmed output, or `undefined` when it ends with a failure. */
export async function tryGit(path: string, args: string[]): Promise<string | undefined> {
  const { code, stdout } = await run(path, args);
  return code === 0 ? stdout.trimEnd() : undefined;
}

/** Runs git in a bare repository and answers with its trimmed output; rejects with what git said. */
export async function git(path: string, args: string[], input?: Buffer): Promise<string> {
  const { code, stdout, stderr } = await run(path, args, input);
  if (code !== 0) throw new Error(`git ${args.join(' ')} ended with code ${code}: ${stderr.trim()}`);
  return stdout.trimEnd();
}

async function run(path: string, args: string[], input?: Buffer) {
  const child = spawn('git', ['--git-dir', path, ...args], { env: gitEnvironment, stdio: 'pipe' });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // git that ends before it has read its input is judged by its exit code, not by the broken pipe.
  child.stdin.on('error', () => {}).end(input);
  child.on('error', reject).on('close', (code) => resolve(code ?? 128));
  return { code: await promise, stdout, stderr };
}
