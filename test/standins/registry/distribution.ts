import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { linkTree, REGISTRY_WRITES } from '../../cluster/link-tree.ts';

export interface Distribution {
  /** The socket that it listens on, in plain HTTP. */
  socketPath: string;
  /** Asks it without a detour. */
  pool: Pool;
  /** Where its repositories are on disk. */
  repositories: string;
  stop(): Promise<void>;
}

export interface DistributionOptions {
  work: string;
  /** A registry's storage to begin with; it stays as it is. */
  storage: string | undefined;
  /** The address that others use, for its redirects. */
  url: string;
  /** Claims that a token must carry, and the certificate of the key that it must be signed with. */
  issuer: string;
  service: string;
  certFile: string;
}

const startTimeout = 10_000;

/** Starts Debian's docker-registry on a socket of its own; it never outlives this process. */
export async function startDistribution(options: DistributionOptions): Promise<Distribution> {
  const rootdirectory = join(options.work, 'storage');
  await mkdir(options.work, { recursive: true });
  if (options.storage === undefined) await mkdir(rootdirectory, { recursive: true });
  else await linkTree(options.storage, rootdirectory, REGISTRY_WRITES);
  // A socket's path holds at most 107 bytes; the work folder may be deep.
  const folder = await mkdtemp(join(tmpdir(), 'ordo-registry-'));
  const socketPath = join(folder, 'socket');
  const configFile = join(options.work, 'config.yml');
  await writeFile(configFile, configuration(options, rootdirectory, socketPath));

  const logFile = join(options.work, 'registry.log');
  const log = openSync(logFile, 'w');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'docker-registry', 'serve', configFile], {
    // Variables named REGISTRY_... would change its configuration.
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'close');
  const pool = new Pool('http://registry', { socketPath });
  await ready();
  return { socketPath, pool, repositories: join(rootdirectory, 'docker/registry/v2/repositories'), stop };

  async function ready(): Promise<void> {
    const end = Date.now() + startTimeout;
    while (!(await answers(pool))) {
      if (child.exitCode === null && Date.now() < end) await sleep(10);
      else {
        await stop();
        throw new Error(`docker-registry did not start: ${(await readFile(logFile, 'utf8')).slice(-2000)}`);
      }
    }
  }

  async function stop(): Promise<void> {
    await pool.destroy();
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

async function answers(pool: Pool): Promise<boolean> {
  try {
    const { body } = await pool.request({ method: 'GET', path: '/v2/' });
    await body.dump();
    return true;
  } catch {
    return false;
  }
}

// JSON is YAML too.
function configuration(options: DistributionOptions, rootdirectory: string, socketPath: string): string {
  const { url, issuer, service, certFile } = options;
  return JSON.stringify({
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory }, delete: { enabled: true } },
    http: { net: 'unix', addr: socketPath, host: url, secret: 'ordo-test' },
    auth: { token: { realm: `${url}/token`, service, issuer, rootcertbundle: certFile } },
  });
}
