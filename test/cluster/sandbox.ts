import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { cached, contentHash } from './cache.ts';
import { command } from './command.ts';
import { sandboxImage } from './node-parts.ts';

/** Answers with an archive (docker-archive) of the sandbox image: Debian's static busybox, asleep. */
export async function ensureSandboxImage(): Promise<string> {
  const busybox = await readFile('/bin/busybox');
  const folder = await cached(`sandbox-1-${arch()}-${contentHash(busybox, sandboxImage)}`, build);
  return join(folder, 'sandbox.tar');
}

async function build(folder: string): Promise<void> {
  const root = join(folder, 'root');
  await mkdir(join(root, 'bin'), { recursive: true });
  await copyFile('/bin/busybox', join(root, 'bin', 'busybox'));
  await command('ln', ['-s', 'busybox', join(root, 'bin', 'sleep')]);
  await command('tar', ['-C', root, '--owner=0', '--group=0', '-cf', join(folder, 'layer.tar'), '.']);
  const layer = createHash('sha256')
    .update(await readFile(join(folder, 'layer.tar')))
    .digest('hex');
  const config = {
    architecture: arch() === 'x64' ? 'amd64' : arch(),
    os: 'linux',
    config: { Entrypoint: ['/bin/sleep', '1000000000'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [sandboxImage], Layers: ['layer.tar'] }];
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await command('tar', ['-C', folder, '-cf', join(folder, 'sandbox.tar'), 'manifest.json', 'config.json', 'layer.tar']);
  await rm(root, { recursive: true });
  for (const part of ['layer.tar', 'config.json', 'manifest.json']) await rm(join(folder, part));
}
