import { copyFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { kubernetesVersion } from './binaries.ts';
import { buildah, contentLabel, imageArch, label } from './buildah.ts';
import { cached, contentHash, saying } from './cache.ts';
import { command } from './command.ts';
import { ensureNode, ensureNpm } from './npm-packages.ts';

// Documentation and translations are left out, as in Debian's own slim image.
const excluded = ['doc', 'man', 'locale', 'info'].map((name) => `path-exclude=/usr/share/${name}/*`);

// Word for word what the official image does with its arguments: options and scripts go to node, commands are run.
const entrypoint = `#!/bin/sh
set -e
if [ "\${1#-}" != "\${1}" ] || [ -z "$(command -v "\${1}")" ] || { [ -f "\${1}" ] && ! [ -x "\${1}" ]; }; then
  set -- node "$@"
fi
exec "$@"
`;

/** The images that our Dockerfile begins with, by name. */
export interface BaseImages {
  node: string;
  kubectl: string;
}

/**
 * Puts the images that our Dockerfile begins with into the image store, from Debian's packages and a folder with kubectl:
 * this machine's under their real names, those of another architecture with a tag of their own, since a name holds one.
 */
export async function ensureBaseImages(arch: string, binaries: string): Promise<BaseImages> {
  await boundStore();
  return { node: await ensureNodeImage(arch), kubectl: await ensureKubectlImage(arch, binaries) };
}

// Each build leaves its layers for the next ones. When that has become a lot, all of it goes and is made anew (a minute).
async function boundStore(): Promise<void> {
  const ids = await buildah(['images', '--all', '--quiet']);
  if (ids.split('\n').length > 300) await buildah(['rmi', '--all', '--force']);
}

const tagOf = (tag: string, arch: string): string => (arch === imageArch ? tag : `${tag}-${arch}`);
const nodeArch = (arch: string): string => (arch === 'amd64' ? 'x64' : arch);

async function ensureNodeImage(arch: string): Promise<string> {
  const { folder: node, version } = await ensureNode(nodeArch(arch));
  const debian = await ensureDebian(arch);
  const npm = await ensureNpm();
  const name = `docker.io/library/node:${tagOf(`${version}-bookworm-slim`, arch)}`;
  const content = contentHash('layers', basename(debian), basename(npm), nodeDockerfile('', version), entrypoint);
  await ensureImage(name, arch, content, async (context) => {
    await writeFile(join(context, 'Dockerfile'), nodeDockerfile(content, version));
    await writeFile(join(context, 'docker-entrypoint.sh'), entrypoint);
    await copyFile(join(debian, 'slim.tar'), join(context, 'slim.tar'));
    await copyFile(join(node, 'bin', 'node'), join(context, 'node'));
    await cp(join(npm, 'package'), join(context, 'npm'), { recursive: true });
  });
  return name;
}

function nodeDockerfile(content: string, version: string): string {
  return `FROM scratch
ADD slim.tar /
COPY --chmod=0755 docker-entrypoint.sh node /usr/local/bin/
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \\
 && groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
ENV NODE_VERSION=${version} PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
LABEL ${label}=${content}
`;
}

async function ensureKubectlImage(arch: string, binaries: string): Promise<string> {
  const name = `registry.k8s.io/kubectl:${tagOf(`v${kubernetesVersion}`, arch)}`;
  const dockerfile = 'FROM scratch\nCOPY kubectl /bin/kubectl\nENTRYPOINT ["/bin/kubectl"]\n';
  const content = contentHash(basename(binaries), dockerfile);
  await ensureImage(name, arch, content, async (context) => {
    await writeFile(join(context, 'Dockerfile'), `${dockerfile}LABEL ${label}=${content}\n`);
    await copyFile(join(binaries, 'kubectl'), join(context, 'kubectl'));
  });
  return name;
}

async function ensureImage(
  name: string,
  arch: string,
  content: string,
  fill: (context: string) => Promise<void>,
): Promise<void> {
  if ((await contentLabel(name)) === content) return;
  const context = await mkdtemp(join(tmpdir(), 'ordo-context-'));
  try {
    await saying(`building image ${name}`, async () => {
      await fill(context);
      // A layer for each part, as the real images have: that says how large the parts are.
      await buildah(['bud', '--quiet', '--layers', '--platform', `linux/${arch}`, '--tag', name, context]);
    });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** Answers with the folder that holds Debian's files for an image as `slim.tar`. */
export async function ensureDebian(arch: string): Promise<string> {
  const options = ['--variant=minbase', '--include=ca-certificates', '--aptopt=Acquire::Languages "none"'];
  const hash = contentHash(...options, ...excluded);
  return cached(`debian-bookworm-${nodeArch(arch)}-${hash}`, async (folder) => {
    const settings = join(folder, 'dpkg.conf');
    await writeFile(settings, `${excluded.join('\n')}\n`);
    // It looks for another package's list of emulators, where `emulateArm64` has told the kernel itself.
    const foreign = arch === imageArch ? [] : [`--architectures=${arch}`, '--skip=check/qemu'];
    const args = ['--quiet', ...foreign, ...options, `--dpkgopt=${settings}`, 'bookworm', join(folder, 'slim.tar')];
    await saying(`fetching a small Debian for ${arch} images`, () => command('mmdebstrap', args));
  });
}
