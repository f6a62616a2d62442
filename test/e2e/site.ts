import { mkdir, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { KubeObject } from '../../src/domain/object.ts';
import { History, type HistoryEntry } from '../../src/domain/history.ts';
import { Inventory } from '../../src/domain/inventory.ts';
import { attempt } from '../cluster/command.ts';
import type { World } from './world.ts';
import type { Files, Repository } from '../standins/github.ts';
import { until } from './until.ts';

const DEPLOY = new URL('../../deploy/', import.meta.url).pathname;
export const NAMESPACE = 'admin';
export const ACCOUNT = 'acme';

/** A repository with Ordo in it, and the cluster that follows it: what a user has after `deploy.sh`. */
export interface Site {
  world: World;
  repository: Repository;
  /** Commits and answers with the commit's id; paths are in the repository. */
  commit(files: Files, message?: string): Promise<string>;
  /** Commits and waits until the cluster's SHA is that commit. */
  rollOut(files: Files, message?: string): Promise<string>;
  /** Waits until `current-yaml-commit-sha` is this commit. */
  deployed(commit: string, seconds?: number): Promise<void>;
  sha(): Promise<string>;
  history(): Promise<HistoryEntry[]>;
  inventory(): Promise<Inventory>;
  /** The newest rollout of a commit, once it ended. */
  ended(commit: string, seconds?: number): Promise<HistoryEntry>;
  kubectl(...args: string[]): Promise<string>;
  /** The object as JSON; undefined when there is none. */
  get<T = KubeObject>(kind: string, name: string, namespace?: string): Promise<T | undefined>;
  log(): Promise<string>;
}

interface ConfigMap {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

export interface SiteOptions {
  world: World;
  name: string;
  /** Beside Ordo's own group. */
  files?: Record<string, string>;
  settings?: Record<string, string>;
  private?: boolean;
}

/** Makes the repository, runs the real deploy.sh against the cluster, and waits until the first commit is deployed. */
export async function installSite(options: SiteOptions): Promise<Site> {
  const { world, name } = options;
  const repository = await world.github.createRepository(ACCOUNT, name, { private: options.private ?? false });
  const site = siteOf(world, repository);
  const first = await site.commit({ ...(await ownGroup()), ...options.files }, 'first');
  await deploy(world, { 'repo-name': name, ...options.settings });
  await site.deployed(first, 120);
  return site;
}

/** Ordo's own numbered folder, as a user copies it. */
export async function ownGroup(): Promise<Record<string, string>> {
  const folder = join(DEPLOY, 'deploy/1-ordo');
  const names = await readdir(folder);
  const texts = names.map(
    async (file) => [`deploy/1-ordo/${file}`, await readFile(join(folder, file), 'utf8')] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}

/** Runs deploy.sh as a user would: with a settings file and the image that was pushed. */
export async function deploy(world: World, settings: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-'));
  await mkdir(folder, { recursive: true });
  const stringData = {
    'user-account': ACCOUNT,
    'api-url': world.github.apiUrl,
    'git-url': world.github.gitUrl,
    'registry-url': world.registry.url,
    'ca-certificates': world.authority.ca,
    'poll-interval': '1s',
    'ready-timeout': '60s',
    ...settings,
  };
  const metadata = { name: 'variables-for-pipelineinitialisation', namespace: NAMESPACE };
  const file = join(folder, 'settings.yml');
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData }));
  const env = {
    ...process.env,
    KUBECONFIG: world.cluster.kubeconfig,
    PATH: `${world.cluster.binaries}:${process.env['PATH']}`,
  };
  const args = [join(DEPLOY, 'deploy.sh'), '--image', world.image, '--settings', file, '--yes'];
  const { code, stdout, stderr } = await attempt('bash', args, { env });
  if (code !== 0) throw new Error(`deploy.sh ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

export function siteOf(world: World, repository: Repository): Site {
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await world.cluster.kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  async function get<T>(kind: string, name: string, namespace?: string): Promise<T | undefined> {
    const where = namespace === undefined ? [] : ['-n', namespace];
    const text = await kubectl('get', kind, name, ...where, '-o', 'json', '--ignore-not-found');
    return text === '' ? undefined : (JSON.parse(text) as T);
  }
  const readConfigMap = (name: string) => get<ConfigMap>('configmap', name, NAMESPACE);
  const value = async (name: string, key: string): Promise<unknown> => {
    const bytes = (await readConfigMap(name))?.binaryData?.[key];
    return bytes === undefined ? undefined : JSON.parse(gunzipSync(Buffer.from(bytes, 'base64')).toString());
  };
  const sha = async (): Promise<string> => (await readConfigMap('current-yaml-commit-sha'))?.data?.['yaml-sha'] ?? '';
  const history = async (): Promise<HistoryEntry[]> => History.parse((await value('ordo-history', 'history')) ?? []);
  const log = (): Promise<string> => kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo', '--tail=40');
  const site: Site = {
    world,
    repository,
    kubectl,
    get,
    sha,
    history,
    log,
    commit: (files, message) => repository.commit(files, message),
    async rollOut(files, message) {
      const commit = await repository.commit(files, message);
      await site.deployed(commit);
      return commit;
    },
    async deployed(commit, seconds = 60) {
      await until(`commit ${commit} to be deployed`, async () => (await sha()) === commit, { seconds, explain });
    },
    inventory: async () => Inventory.parse(await value('ordo-inventory', 'inventory')),
    async ended(commit, seconds = 60) {
      const find = async (): Promise<HistoryEntry | undefined> =>
        (await history()).find((entry) => entry.commit === commit && entry.state !== 'running');
      return until(`a rollout of ${commit} to end`, find, { seconds, explain });
    },
  };
  return site;

  async function explain(): Promise<string> {
    const runner = kubectl('-n', NAMESPACE, 'logs', '-l', 'app=ordo-runner', '--tail=20');
    const parts = [log(), runner, kubectl('get', 'pods,jobs', '-A', '-o', 'wide')];
    return (await Promise.all(parts.map((part) => part.catch(String)))).join('\n');
  }
}
