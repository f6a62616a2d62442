import { readFile, rename, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { arch } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, contentHash, saying } from './cache.ts';
import { command } from './command.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const npmVersion = '11.19.0';

/** Answers with the folder that holds npm as `package`. */
export async function ensureNpm(): Promise<string> {
  return cached(`npm-${npmVersion}-any-${contentHash(npmVersion)}`, async (folder) => {
    await saying(`fetching npm ${npmVersion} for images`, () => unpack(folder, `npm@${npmVersion}`));
  });
}

/**
 * Answers with the Node of the lock file for an architecture (Node's word: x64, arm64) as a folder with `bin/node`. npm has
 * installed this machine's, and refuses to install another one: that comes as a package and is held against the lock file.
 */
export async function ensureNode(nodeArch: string): Promise<{ folder: string; version: string }> {
  const name = `node-linux-${nodeArch}`;
  const lock = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')) as LockFile;
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json has no ${name}`);
  if (nodeArch === arch()) return { folder: join(project, 'node_modules', name), version };
  const folder = await cached(`node-${version}-${nodeArch}-${contentHash(integrity)}`, async (beside) => {
    await saying(`fetching node ${version} for ${nodeArch}`, () => unpack(beside, `${name}@${version}`, integrity));
  });
  return { folder: join(folder, 'package'), version };
}

interface LockFile {
  packages: Record<string, { version?: string; integrity?: string }>;
}

async function unpack(folder: string, name: string, integrity?: string): Promise<void> {
  const file = await command('npm', ['pack', '--silent', name, '--pack-destination', folder]);
  const archive = join(folder, 'archive.tgz');
  await rename(join(folder, file), archive);
  const sum = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`;
  if (integrity !== undefined && sum !== integrity)
    throw new Error(`${name} is not what package-lock.json says: ${sum}`);
  await command('tar', ['-xzf', archive, '-C', folder]);
  await rm(archive);
}
