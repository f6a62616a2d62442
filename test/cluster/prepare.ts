import { join } from 'node:path';
import { ensureBaseImages } from './base-image.ts';
import { ensureBinaries } from './binaries.ts';
import { cached, cacheRoot, locked } from './cache.ts';
import { prepareImages } from './images.ts';
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
}

/** Does all that needs package registries or a mirror, outside of any world: minutes the first time, then < 2 s. */
export async function prepare(): Promise<Prepared> {
  await ensurePrerequisites();
  const binaries = await ensureBinaries();
  const sandbox = await ensureSandboxImage();
  return locked(join(cacheRoot(), 'images.lock'), async () => {
    await ensureBaseImages(binaries);
    // For checkouts whose image does not build: tests that need no image of Ordo run all the same.
    if (process.env['ORDOTEST_WITHOUT_IMAGE'] === '1') {
      const storage = await cached(`registry-empty-any-0`, async () => {});
      return { binaries, sandbox, storage };
    }
    return { binaries, sandbox, ...(await prepareImages()) };
  });
}
