import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BaseImages } from './base-image.ts';
import { buildah, imageArch } from './buildah.ts';
import { cacheRoot, keepNewest, saying } from './cache.ts';
import { endAfter } from './command.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
/** Ordo's own image as the registry holds it, without host. */
export const ordoImage = 'acme/ordo:main';
const prefix = 'pushed-';
const kept = 12;

/** Ordo's image: its id (equal content, equal id), and a docker-registry's root folder that holds it as `ordoImage`. */
export interface OrdoImage {
  id: string;
  storage: string;
}

/**
 * Builds Ordo's image from this checkout for one architecture, in layers that are used again. Nobody may write to the
 * registry's folder: a registry works on a copy. Needs what `ensureBaseImages` makes, package registries, and the lock that
 * `prepare` holds; for another architecture than this machine's also what it makes for this one, where bundles are made.
 */
export async function prepareImage(arch: string, base: BaseImages, builder: BaseImages): Promise<OrdoImage> {
  const id = await build(arch, base, builder);
  const storage = join(cacheRoot(), `${prefix}${id.slice(0, 16)}`);
  if (!existsSync(storage)) await saying(`pushing the ${arch} image of Ordo`, () => push(id, storage));
  // A registry that is starting in another run may still copy from the last ones.
  await keepNewest(prefix, storage, kept);
  return { id, storage };
}

/** What the image of an architecture is built by. */
export const dockerfileOf = (arch: string): string => join(project, `Dockerfile.${arch}`);

async function build(arch: string, base: BaseImages, builder: BaseImages): Promise<string> {
  const names = { NODE: base.node, KUBECTL: base.kubectl, BUILDER: builder.node };
  return buildah([
    ...['bud', '--quiet', '--layers', '--pull-never', '--timestamp', '0', ...secrets()],
    // This machine's architecture is built with the names that stand in the Dockerfile.
    ...(arch === imageArch
      ? []
      : Object.entries(names).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])),
    ...['--file', dockerfileOf(arch), '--tag', `ordo.test/${ordoImage}-${arch}`, project],
  ]);
}

// What npm needs inside RUN on a machine behind a proxy with its own authority: for that command alone, never a layer.
function secrets(): string[] {
  const certificates = process.env['NODE_EXTRA_CA_CERTS'] ?? process.env['SSL_CERT_FILE'];
  return certificates === undefined || !existsSync(certificates) ? [] : ['--secret', `id=ca,src=${certificates}`];
}

async function push(id: string, storage: string): Promise<void> {
  const beside = `${storage}.building`;
  await rm(beside, { recursive: true, force: true });
  const folder = await mkdtemp(join(tmpdir(), 'ordo-push-'));
  try {
    await withRegistry(folder, beside, (host) =>
      buildah(['push', '--quiet', '--tls-verify=false', id, `docker://${host}/${ordoImage}`]),
    );
    await rename(beside, storage);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs `work` with a docker-registry on this machine's loopback; `folder` is for its settings. */
export async function withRegistry(
  folder: string,
  storage: string,
  work: (host: string) => Promise<unknown>,
): Promise<void> {
  const config = join(folder, 'config.yml');
  const settings = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: storage } },
    http: { addr: '127.0.0.1:0' },
  };
  await writeFile(config, JSON.stringify(settings));
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'docker-registry', 'serve', config], {
    // Variables named REGISTRY_… would change its settings.
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await endAfter(child, async () => work(await listening(child.stderr)));
}

// It takes any free port and says which one in its log.
async function listening(log: NodeJS.ReadableStream): Promise<string> {
  let said = '';
  for await (const line of createInterface(log)) {
    const host = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (host !== undefined) {
      log.resume();
      return host;
    }
    said += `${line}\n`;
  }
  throw new Error(`docker-registry ended:\n${said}`);
}
