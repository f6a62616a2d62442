import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** The folder for what is built once per machine. */
export function cacheRoot(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ordo');
}

/** The first 16 hex digits of the SHA-256 over all parts: what a cached thing was made from. */
export function contentHash(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  // Each part's length goes in too, so that no two lists of parts look alike.
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex').slice(0, 16);
}

/** One line of progress on standard error. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Runs `work` and says what is done and how many seconds it took. */
export async function saying<T>(text: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  process.stderr.write(`${text} … `);
  try {
    const result = await work();
    process.stderr.write(`${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    process.stderr.write('failed\n');
    throw error;
  }
}

/**
 * Answers with the cache folder `name` (TOOL-VERSION-ARCH-HASH), which `build` fills when it is not there.
 * It is built beside and renamed, under a lock: what bears the name is complete, and two runs build it once.
 */
export async function cached(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheRoot(), name);
  if (existsSync(folder)) return folder;
  return locked(`${folder}.lock`, async () => {
    if (existsSync(folder)) return folder;
    const beside = `${folder}.building`;
    await rm(beside, { recursive: true, force: true });
    await mkdir(beside, { recursive: true });
    await build(beside);
    await rename(beside, folder);
    return folder;
  });
}

/** Marks the cache folder `used` as the newest of those whose names begin with `prefix`, and takes away all but `count` of them. */
export async function keepNewest(prefix: string, used: string, count: number): Promise<void> {
  await utimes(used, new Date(), new Date());
  const names = (await readdir(cacheRoot())).filter(
    (name) => name.startsWith(prefix) && !/\.(building|lock)$/.test(name),
  );
  const folders = names.map((name) => join(cacheRoot(), name));
  const times = new Map(
    await Promise.all(folders.map(async (folder) => [folder, (await stat(folder)).mtimeMs] as const)),
  );
  const oldest = folders.sort((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0)).slice(count);
  for (const folder of oldest) await rm(folder, { recursive: true, force: true });
}

/** Runs `work` while no other process holds the lock `file`; the kernel frees it when this process ends, however it ends. */
export async function locked<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const release = await hold(['--exclusive', file], () => say(`waiting for another run (${file})`));
  try {
    return await work();
  } finally {
    release();
  }
}

/**
 * Takes a lock with flock(1) (`lock` are its arguments: mode and file) and answers with the function that frees it.
 * The child that holds it lives until its input ends, which the kernel sees to when this process is killed.
 */
export async function hold(lock: string[], onWait: () => void = () => {}): Promise<() => void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn('flock', [...lock, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = setTimeout(onWait, 1000);
  child.on('error', reject).on('exit', (code) => reject(new Error(`flock ${lock.join(' ')} ended with code ${code}`)));
  child.stdout.once('data', () => resolve());
  await promise.finally(() => clearTimeout(waiting));
  // Nothing here may keep this process alive: its end is what frees the lock.
  child.unref();
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref();
  return () => child.stdin.end();
}
