import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { attempt, command } from './command.ts';
import { say } from './cache.ts';

const debianPackages = [
  ...['containerd', 'runc', 'containernetworking-plugins', 'iptables', 'iproute2', 'busybox-static'],
  ...['buildah', 'docker-registry', 'mmdebstrap', 'ca-certificates', 'openssl', 'util-linux', 'procps'],
];

/** Names all base tools that this machine lacks at once, as an error; then installs the Debian packages that are missing. */
export async function ensurePrerequisites(packages: string[] = debianPackages): Promise<void> {
  const missing = await missingTools();
  if (missing.length > 0) throw new Error(`the real cluster needs on this machine: ${missing.join('; ')}`);
  const wanted = await missingPackages(packages);
  if (wanted.length > 0) await install(wanted);
}

async function missingTools(): Promise<string[]> {
  const missing: string[] = [];
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) missing.push('Debian 12 or a relative of it');
  if (process.getuid?.() !== 0) missing.push('root');
  if ((await version('git', ['--version'])) === undefined) missing.push('git');
  if (!atLeast(await version('go', ['env', 'GOVERSION']), [1, 26])) missing.push('Go 1.26 or newer');
  if (!atLeast(await version('npm', ['--version']), [9, 0])) missing.push('Node 20 or newer with npm');
  return missing;
}

async function version(tool: string, args: string[]): Promise<string | undefined> {
  const result = await attempt(tool, args).catch(() => undefined);
  return result?.code === 0 ? result.stdout : undefined;
}

function atLeast(text: string | undefined, [major, minor]: [number, number]): boolean {
  const [, a, b] = /(\d+)\.(\d+)/.exec(text ?? '')?.map(Number) ?? [];
  return a !== undefined && b !== undefined && (a > major || (a === major && b >= minor));
}

async function missingPackages(packages: string[]): Promise<string[]> {
  const { stdout } = await attempt('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages]);
  const installed = new Set(
    stdout.split('\n').flatMap((line) => (line.endsWith(' installed') ? line.split(' ')[0] : [])),
  );
  return packages.filter((name) => !installed.has(name));
}

async function install(packages: string[]): Promise<void> {
  say(`installing Debian packages: ${packages.join(' ')}`);
  // Another run of ours, or the machine's own updates, may be at it too.
  const apt = ['-o', 'DPkg::Lock::Timeout=300', '-q'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await withoutServices(async () => {
    await command('apt-get', [...apt, 'update'], { env });
    await command('apt-get', [...apt, 'install', '--yes', '--no-install-recommends', ...packages], { env });
  });
}

// Debian starts a package's services when it installs them. What policy-rc.d says is the one switch for that, with and
// without systemd; a policy of the machine's owner stays as it is, one that a killed run of ours left behind is taken over.
async function withoutServices(work: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = '#!/bin/sh\n# made by the tests of Ordo while they install packages\nexit 101\n';
  const there = await readFile(policy, 'utf8').catch(() => undefined);
  if (there !== undefined && there !== ours) {
    await work();
    return;
  }
  await mkdir('/usr/sbin', { recursive: true });
  await writeFile(policy, ours, { mode: 0o755 });
  try {
    await work();
  } finally {
    await rm(policy, { force: true });
  }
}
