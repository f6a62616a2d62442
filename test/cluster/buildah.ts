import { arch } from 'node:os';
import { join } from 'node:path';
import { cacheRoot, contentHash } from './cache.ts';
import { attempt, command, type CommandResult } from './command.ts';

/** This machine's architecture in the words of images. */
export const imageArch = arch() === 'x64' ? 'amd64' : arch();

/** Runs buildah on an image store of our own: the machine's may hold the real images under the names that we use. */
export function buildah(args: string[], cwd?: string): Promise<string> {
  return command('buildah', [...store(), ...args], settings(cwd));
}

/** The same for what may fail. */
export function tryBuildah(args: string[], cwd?: string): Promise<CommandResult> {
  return attempt('buildah', [...store(), ...args], settings(cwd));
}

/** Takes away what builds have left mounted: buildah forgets the containers of stages that only lend files to others. */
export async function removeLeftContainers(): Promise<void> {
  const names = (await buildah(['containers', '--format', '{{.ContainerName}}'])).split('\n');
  const left = names.filter((name) => /-working-container(-\d+)?$/.test(name));
  if (left.length > 0) await buildah(['rm', ...left]);
}

/** The label that says what an image was made from, or an empty text when there is no such image. */
export async function contentLabel(image: string): Promise<string> {
  const format = `{{index .OCIv1.Config.Labels "${label}"}}`;
  const { code, stdout } = await tryBuildah(['inspect', '--type', 'image', '--format', format, image]);
  return code === 0 ? stdout.trim() : '';
}

export const label = 'ordo.dev/content';

// What is mounted is noted in the run root, which therefore has to be gone after a reboot as the mounts are.
function store(): string[] {
  const root = join(cacheRoot(), 'images');
  return ['--root', root, '--runroot', `/run/ordo-images-${contentHash(root)}`];
}

// chroot needs no container runtime; RUN then has the machine's network.
function settings(cwd: string | undefined) {
  return { env: { ...process.env, BUILDAH_ISOLATION: 'chroot' }, ...(cwd === undefined ? {} : { cwd }) };
}
