import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Component {
  name: string;
  pid: number;
  /** Rejects when the component ends, with the last lines of its log: it is meant to run as long as the world. */
  died: Promise<never>;
}

/** Starts a program that runs as long as the world; both its outputs go to `log`. It does not keep this process alive. */
export function startComponent(name: string, [file, ...args]: [string, ...string[]], log: string): Component {
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, 'a');
  const child = spawn(file, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  child.unref();
  const { promise: died, reject } = Promise.withResolvers<never>();
  child.on('error', reject);
  child.on('exit', (code, signal) =>
    reject(new Error(`${name} ended (${signal ?? `code ${code}`}):\n${lastLines(log)}`)),
  );
  return { name, pid: child.pid ?? 0, died };
}

function lastLines(log: string): string {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
}
