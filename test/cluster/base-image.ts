import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kubernetesVersion } from './binaries.ts';
import { buildah, contentLabel, imageArch, label } from './buildah.ts';
import { cached, contentHash, saying } from './cache.ts';
import { command } from './command.ts';

const nodePackage = fileURLToPath(new URL(`../../node_modules/node-linux-${arch()}`, import.meta.url));
const npmVersion = '11.19.0';

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

/** Puts the images that our Dockerfile begins with into the image store, under their real names, from Debian's packages. */
export async function ensureBaseImages(binaries: string): Promise<void> {
  await boundStore();
  await ensureNodeImage();
  await ensureKubectlImage(binaries);
}

// Each build leaves its layers for the next ones. When that has become a lot, all of it goes and is made anew (a minute).
async function boundStore(): Promise<void> {
  const ids = await buildah(['images', '--all', '--quiet']);
  if (ids.split('\n').length > 300) await buildah(['rmi', '--all', '--force']);
}

async function ensureNodeImage(): Promise<void> {
  const { version } = JSON.parse(await readFile(join(nodePackage, 'package.json'), 'utf8')) as { version: string };
  const debian = await ensureDebian();
  const npm = await ensureNpm();
  const content = contentHash(basename(debian), basename(npm), nodeDockerfile('', version), entrypoint);
  await ensureImage(`docker.io/library/node:${version}-bookworm-slim`, content, async (context) => {
    await writeFile(join(context, 'Dockerfile'), nodeDockerfile(content, version));
    await writeFile(join(context, 'docker-entrypoint.sh'), entrypoint);
    await copyFile(join(debian, 'slim.tar'), join(context, 'slim.tar'));
    await copyFile(join(nodePackage, 'bin', 'node'), join(context, 'node'));
    await cp(join(npm, 'package'), join(context, 'npm'), { recursive: true });
  });
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

async function ensureKubectlImage(binaries: string): Promise<void> {
  const dockerfile = 'FROM scratch\nCOPY kubectl /bin/kubectl\nENTRYPOINT ["/bin/kubectl"]\n';
  const content = contentHash(basename(binaries), dockerfile);
  await ensureImage(`registry.k8s.io/kubectl:v${kubernetesVersion}`, content, async (context) => {
    await writeFile(join(context, 'Dockerfile'), `${dockerfile}LABEL ${label}=${content}\n`);
    await copyFile(join(binaries, 'kubectl'), join(context, 'kubectl'));
  });
}

async function ensureImage(name: string, content: string, fill: (context: string) => Promise<void>): Promise<void> {
  if ((await contentLabel(name)) === content) return;
  const context = await mkdtemp(join(tmpdir(), 'ordo-context-'));
  try {
    await saying(`building image ${name}`, async () => {
      await fill(context);
      await buildah(['bud', '--quiet', '--platform', `linux/${imageArch}`, '--tag', name, context]);
    });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function ensureDebian(): Promise<string> {
  const options = ['--variant=minbase', '--include=ca-certificates', '--aptopt=Acquire::Languages "none"'];
  const hash = contentHash(...options, ...excluded);
  return cached(`debian-bookworm-${arch()}-${hash}`, async (folder) => {
    const settings = join(folder, 'dpkg.conf');
    await writeFile(settings, `${excluded.join('\n')}\n`);
    await saying('fetching a small Debian for images', () =>
      command('mmdebstrap', ['--quiet', ...options, `--dpkgopt=${settings}`, 'bookworm', join(folder, 'slim.tar')]),
    );
  });
}

async function ensureNpm(): Promise<string> {
  return cached(`npm-${npmVersion}-any-${contentHash(npmVersion)}`, async (folder) => {
    await saying(`fetching npm ${npmVersion} for images`, async () => {
      await command('npm', ['pack', '--silent', `npm@${npmVersion}`, '--pack-destination', folder]);
      const archive = join(folder, `npm-${npmVersion}.tgz`);
      await command('tar', ['-xzf', archive, '-C', folder]);
      await rm(archive);
    });
  });
}
