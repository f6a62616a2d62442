import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BaseImages } from './base-image.ts';
import { contentLabel } from './buildah.ts';
import { cached, contentHash, keepNewest, saying } from './cache.ts';
import { attempt, command, endAfter } from './command.ts';
import { dockerfileOf, ordoImage, type OrdoImage, withRegistry } from './images.ts';
import { linkTree, REGISTRY_WRITES } from './link-tree.ts';
import { until } from './until.ts';

/** Keeps the layers from containerd's garbage collection, under a name that nobody pulls. */
const KEPT_AS = 'ordo.test/layers:1';
const START_SECONDS = 30;
const prefix = 'layers-1-';

/**
 * Answers with a root folder of containerd that holds the layers of Ordo's image, unpacked: what changes rarely and takes most
 * of the time of its first pull. Nobody may write to it: each world works on a copy.
 */
export async function ensureLayers(arch: string, base: BaseImages, { storage }: OrdoImage): Promise<string> {
  const parts = [await contentLabel(base.node), await contentLabel(base.kubectl), await readFile(dockerfileOf(arch))];
  const layers = await cached(`${prefix}${arch}-${contentHash(...parts)}`, (folder) =>
    saying(`unpacking the ${arch} image of Ordo`, () => unpack(folder, storage)),
  );
  // A world of another checkout may just begin with its own.
  await keepNewest(prefix, layers, 2);
  return layers;
}

async function unpack(root: string, storage: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'ordo-layers-'));
  try {
    const copy = join(work, 'storage');
    await linkTree(storage, copy, REGISTRY_WRITES);
    await withRegistry(work, copy, (host) => withContainerd(work, root, (ctr) => pull(ctr, `${host}/${ordoImage}`)));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

type Ctr = (...args: string[]) => Promise<unknown>;

async function pull(ctr: Ctr, image: string): Promise<void> {
  await ctr('images', 'pull', '--plain-http', image);
  await ctr('images', 'tag', image, KEPT_AS);
  await ctr('images', 'remove', '--sync', image);
}

async function withContainerd(work: string, root: string, use: (ctr: Ctr) => Promise<void>): Promise<void> {
  const [config, socket] = [join(work, 'containerd.toml'), join(work, 'containerd.sock')];
  await mkdir(root, { recursive: true });
  await writeFile(
    config,
    `version = 2\nroot = "${root}"\nstate = "${join(work, 'state')}"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n` +
      `[grpc]\naddress = "${socket}"\n`,
  );
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'containerd', '--config', config], { stdio: 'ignore' });
  const args = (rest: string[]): string[] => ['--address', socket, '--namespace', 'k8s.io', ...rest];
  await endAfter(child, async () => {
    const answers = async (): Promise<boolean> => (await attempt('ctr', args(['version']))).code === 0;
    await until('containerd to start', answers, START_SECONDS);
    await use((...rest) => command('ctr', args(rest)));
  });
}
