import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { hold, say } from './cache.ts';
import { cgroupOf, removeCgroups } from './cgroups.ts';
import type { Prepared } from './prepare.ts';

const prefix = 'ordo-world-';
/** What process 1 of a world is told to run. */
export const INIT = '"$@"; exit $?';
const fatal = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the Node script `command` (file and arguments) in a world of its own: network, mount and process namespaces, and
 * a work folder named in ORDOTEST_WORK. Answers with its exit code when the world and all it left are gone.
 * `prepared` is what `startWorld` in there begins with; without it the world has no cluster.
 * With ORDOTEST_KEEP=1 the work folder stays, renamed, and its path is printed.
 */
export async function enterWorld(command: string[], prepared?: Prepared): Promise<number> {
  await removeDeadWorlds();
  const { work, release } = await makeWork();
  // What one test file has compiled the next need not: half of the start of each.
  const own = { ORDOTEST_WORK: work, TMPDIR: join(work, 'tmp'), NODE_COMPILE_CACHE: join(work, 'compiled') };
  const env: NodeJS.ProcessEnv = { ...process.env, ...own };
  if (prepared !== undefined) env['ORDOTEST_PREPARED'] = JSON.stringify(prepared);
  const child = spawn('setpriv', wrapped(work, [process.execPath, ...command]), {
    // A session of its own: Ctrl-C reaches this process alone, which then ends the world in one stroke.
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
  });
  // For shell.ts.
  await writeFile(join(work, 'pid'), String(child.pid));
  let received: NodeJS.Signals | undefined;
  const end = (signal: NodeJS.Signals): void => {
    received = signal;
    child.kill('SIGKILL');
  };
  for (const signal of fatal) process.on(signal, end);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    child.on('error', reject).on('close', (code) => resolve(code ?? 1));
    const code = await promise;
    return received === undefined ? code : 128 + constants.signals[received];
  } finally {
    for (const signal of fatal) process.off(signal, end);
    if (env['ORDOTEST_KEEP'] === '1') await keep(work);
    release();
    // Its last processes may still be dying.
    await removeIfDead(work, ['--timeout', '10']);
    await removeDeadWorlds();
  }
}

// How the end of this process, even by SIGKILL, ends the world: the kernel kills the first command of the chain with its
// parent (setpriv sets that, and flock and unshare take its place by exec), and unshare has it kill its child the same
// way; that child is process 1 in there, whose end kills every other. It is a shell since a process 1 has to reap orphans.
function wrapped(work: string, command: string[]): string[] {
  const namespaces = [
    '--net',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    '--propagation',
    'private',
  ];
  return [
    ...['--pdeathsig', 'KILL', 'flock', '--shared', '--no-fork', lockOf(work)],
    ...['unshare', ...namespaces, 'sh', '-c', INIT, 'sh', ...command],
  ];
}

// A world counts as alive while this process or any process in it holds its lock, which the kernel sees to.
function lockOf(work: string): string {
  return join(work, 'alive.lock');
}

// The folder bears its name only once it is locked: other runs look for names without a lock.
async function makeWork(): Promise<{ work: string; release: () => void }> {
  const made = await mkdtemp(join(tmpdir(), 'ordo-new-'));
  const work = made.replace('ordo-new-', prefix);
  await mkdir(join(made, 'tmp'));
  const release = await hold(['--shared', lockOf(made)]);
  await rename(made, work);
  return { work, release };
}

async function removeDeadWorlds(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of names) await removeIfDead(join(tmpdir(), name));
}

// The lock is kept meanwhile: of two runs that begin side by side only one takes what is left apart.
async function removeIfDead(work: string, patience = ['--nonblock']): Promise<void> {
  if (!existsSync(lockOf(work))) return;
  const release = await hold(['--exclusive', ...patience, lockOf(work)]).catch(() => undefined);
  if (release === undefined) return;
  try {
    await removeCgroups(cgroupOf(work));
    await rm(work, { recursive: true, force: true, maxRetries: 3 });
  } finally {
    release();
  }
}

async function keep(work: string): Promise<void> {
  // Its own name alone: it may be inside of another world.
  const kept = join(dirname(work), basename(work).replace(prefix, 'ordo-kept-'));
  await rename(work, kept);
  await removeCgroups(cgroupOf(work));
  say(`kept: ${kept} (logs of all components in ${join(kept, 'logs')})`);
}
