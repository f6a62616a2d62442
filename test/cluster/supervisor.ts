import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Component {
  name: string;
  pid: number;
  /** Rejects, with the last lines of its log, when the component ends without having been stopped. */
  died: Promise<never>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a long-running program; both its outputs go to `log`, which is appended to. */
export function startComponent(name: string, command: [string, ...string[]], log: string): Component {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'a');
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  let stopping = false;
  const ended = Promise.withResolvers<string>();
  child.on('error', (error) => ended.resolve(error.message));
  child.on('exit', (code, signal) => ended.resolve(signal ?? `code ${code}`));
  const died = ended.promise.then((how) => {
    if (stopping) return new Promise<never>(() => {});
    throw new Error(`${name} ended (${how}):\n${lastLines(log)}`);
  });
  // Whoever waits for something of the component listens; a death nobody waits for must not end the process.
  died.catch(() => {});
  return { name, pid: child.pid ?? 0, died, stop };

  async function stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    stopping = true;
    child.kill(signal);
    await ended.promise;
  }
}

function lastLines(log: string): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
}
