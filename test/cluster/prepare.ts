import { join } from 'node:path';
import { type BaseImages, ensureBaseImages, ensureDebian } from './base-image.ts';
import { ensureArm64Kubectl, ensureBinaries } from './binaries.ts';
import { imageArch, removeLeftContainers } from './buildah.ts';
import { cached, cacheRoot, locked } from './cache.ts';
import { emulateArm64 } from './emulation.ts';
import { type OrdoImage, prepareImage } from './images.ts';
import { ensureLayers } from './layers.ts';
import { ensurePrerequisites } from './prerequisites.ts';
import { ensureSandboxImage } from './sandbox.ts';

/** What a world is started from; all of it is read only. */
export interface Prepared {
  /** The folder with Kubernetes, etcd and kubectl. */
  binaries: string;
  /** The archive with the sandbox image. */
  sandbox: string;
  /** A docker-registry's root folder that holds Ordo's image. */
  storage: string;
  /** The folder that containerd's root begins as. */
  layers: string;
  /** Ordo's image for arm64, where that was asked for; until this process ends it runs here. */
  arm64?: OrdoImage;
}

/** Does all that needs package registries or a mirror, outside of any world: minutes the first time, then < 2 s. */
export async function prepare(wanted: { arm64?: boolean } = {}): Promise<Prepared> {
  await ensurePrerequisites();
  const binaries = await ensureBinaries();
  const sandbox = await ensureSandboxImage();
  const isForeign = wanted.arm64 === true && imageArch !== 'arm64';
  if (isForeign) {
    await emulateArm64();
    // Minutes the first time, for which other runs shall not wait at the lock.
    await ensureArm64Kubectl();
    await ensureDebian('arm64');
  }
  return locked(join(cacheRoot(), 'images.lock'), async () => {
    const base = await ensureBaseImages(imageArch, binaries);
    // For checkouts whose image does not build: tests that need no image of Ordo run all the same.
    if (process.env['ORDOTEST_WITHOUT_IMAGE'] === '1') {
      const empty = await cached(`registry-empty-any-0`, async () => {});
      return { binaries, sandbox, storage: empty, layers: empty };
    }
    const image = await prepareImage(imageArch, base, base);
    const layers = await ensureLayers(imageArch, base, image);
    const arm64 = isForeign ? await prepareForeign(base) : image;
    await removeLeftContainers();
    return { binaries, sandbox, storage: image.storage, layers, ...(wanted.arm64 && { arm64 }) };
  });
}

async function prepareForeign(builder: BaseImages): Promise<OrdoImage> {
  return prepareImage('arm64', await ensureBaseImages('arm64', await ensureArm64Kubectl()), builder);
}
