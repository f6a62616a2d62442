import { mkdir, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { KubeObject } from '../../src/domain/object.ts';
import { History, type HistoryEntry } from '../../src/domain/history.ts';
import { Inventory } from '../../src/domain/inventory.ts';
import { deployScript } from './deploy-script.ts';
import { pinnedOrdo } from './own-image.ts';
import { servedAt } from './served.ts';
import type { World } from './world.ts';
import type { Files, Repository } from '../standins/github.ts';
import { PATIENCE_SECONDS, until } from './until.ts';

export const DEPLOY = new URL('../../deploy/', import.meta.url).pathname;
export const NAMESPACE = 'admin';
export const ACCOUNT = 'acme';
export const SETTINGS = 'variables-for-pipelineinitialisation';

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
  /** A namespace's objects of a kind. */
  list<T = KubeObject>(kind: string, namespace: string, labelSelector?: string): Promise<T[]>;
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
  /** Where no token is for commits Ordo gets one, as most users have it: a poll is one request then. */
  settings?: Record<string, string>;
  private?: boolean;
  /** Has no token at all. */
  anonymous?: boolean;
}

/** Makes the repository, runs the real deploy.sh against the cluster, and waits until the first commit is deployed. */
export async function installSite(options: SiteOptions): Promise<Site> {
  const { world, name } = options;
  const settings = options.anonymous ? options.settings : withToken(world, options.settings);
  const repository = await world.github.createRepository(ACCOUNT, name, { private: options.private ?? false });
  const site = siteOf(world, repository);
  const first = await site.commit({ ...(await ownFiles(settings)), ...options.files }, 'first');
  await deploy(world, { 'repo-name': name, ...settings });
  await site.deployed(first);
  return site;
}

function withToken(world: World, settings: Record<string, string> = {}): Record<string, string> {
  if ('token' in settings || 'yaml-commit-checker-token' in settings) return settings;
  const token = 'ghp_reads-commits';
  world.github.addToken(token);
  return { ...settings, 'yaml-commit-checker-token': token };
}

/** What a user with these settings copies into the root of his repository, by path. */
export async function ownFiles(settings: Record<string, string> = {}): Promise<Record<string, string>> {
  const { 'folder-name': folder = 'deploy', 'custom-container-prefix': prefix } = settings;
  const entries = await readdir(DEPLOY, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const files = paths.map(async (path) => {
    const text = await readFile(path, 'utf8');
    const place = relative(DEPLOY, path).replace(/^deploy\//, `${folder}/`);
    return [place, prefix === undefined ? text : withImage(text)] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

/** With a prefix Ordo's own image would be looked for as PREFIX-ordo; the annotation says where it is. */
function withImage(text: string): string {
  const annotation = `  annotations:\n    ordo.dev/image: ghcr.io/${ACCOUNT}/ordo:main\n`;
  return text.replace('  labels:\n    # Links', `${annotation}$&`);
}

/** Runs deploy.sh as a user would: with a settings file and the image that was pushed. */
export async function deploy(world: World, settings: Record<string, string>): Promise<string> {
  const folder = await workingCopy(world, settings);
  const args = ['--settings', join(folder, 'bootstrap/settings.yml'), '--yes'];
  const { code, stdout, stderr } = await deployScript(world, folder, { args, image: await pinnedOrdo(world) });
  if (code !== 0) throw new Error(`deploy.sh ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** A folder with the user's own files and with his settings, which say where the world's GitHub and registry are. */
export async function workingCopy(world: World, settings: Record<string, string>): Promise<string> {
  const stringData = {
    'user-account': ACCOUNT,
    'api-url': world.github.apiUrl,
    'git-url': world.github.gitUrl,
    'registry-url': world.registry.url,
    'ca-certificates': world.authority.ca,
    'poll-interval': '1s',
    'ready-timeout': '120s',
    ...settings,
  };
  const metadata = { name: SETTINGS, namespace: NAMESPACE };
  const secret = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData });
  const folder = await mkdtemp(join(tmpdir(), 'working-copy-'));
  for (const [path, text] of Object.entries({ ...(await ownFiles(settings)), 'bootstrap/settings.yml': secret })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

export function siteOf(world: World, repository: Repository): Site {
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await world.cluster.kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  async function get<T>(kind: string, name: string, namespace?: string): Promise<T | undefined> {
    const path = servedAt(kind, namespace);
    if (path !== undefined) return (await world.cluster.read(`${path}/${name}`)) as T | undefined;
    const where = namespace === undefined ? [] : ['-n', namespace];
    const text = await kubectl('get', kind, name, ...where, '-o', 'json', '--ignore-not-found');
    return text === '' ? undefined : (JSON.parse(text) as T);
  }
  async function list<T>(kind: string, namespace: string, labelSelector = ''): Promise<T[]> {
    const path = servedAt(kind, namespace);
    if (path === undefined) throw new Error(`served.ts does not know where ${kind} is served`);
    const found = await world.cluster.read(`${path}?labelSelector=${encodeURIComponent(labelSelector)}`);
    return (found as { items: T[] }).items;
  }
  const readConfigMap = (name: string) => get<ConfigMap>('configmap', name, NAMESPACE);
  const value = async (name: string, key: string): Promise<unknown> => {
    const bytes = (await readConfigMap(name))?.binaryData?.[key];
    return bytes === undefined ? undefined : JSON.parse(gunzipSync(Buffer.from(bytes, 'base64')).toString());
  };
  const sha = async (): Promise<string> => (await readConfigMap('current-yaml-commit-sha'))?.data?.['yaml-sha'] ?? '';
  /** The end of a rollout is written into the history first, and final with the inventory: until then it still runs. */
  const history = async (): Promise<HistoryEntry[]> => {
    const entries = History.parse((await value('ordo-history', 'history')) ?? []);
    const inventory = (await value('ordo-inventory', 'inventory')) as { rollout: number } | undefined;
    const isFinal = ({ rollout }: HistoryEntry): boolean => inventory === undefined || rollout <= inventory.rollout;
    return entries.map((entry) => (isFinal(entry) ? entry : { ...entry, state: 'running' as const }));
  };
  /** The SHA is written first; a commit that changes nothing has no rollout. */
  const isRecorded = async (commit: string): Promise<boolean> =>
    (await history()).find((one) => one.commit === commit)?.state !== 'running';
  const log = (): Promise<string> => kubectl('-n', NAMESPACE, 'logs', 'deploy/ordo', '--tail=40');
  const site: Site = {
    world,
    repository,
    kubectl,
    get,
    list,
    sha,
    history,
    log,
    commit: (files, message) => repository.commit(files, message),
    async rollOut(files, message) {
      const commit = await repository.commit(files, message);
      await site.deployed(commit);
      return commit;
    },
    async deployed(commit, seconds = PATIENCE_SECONDS) {
      const isDeployed = async (): Promise<boolean> => (await sha()) === commit && (await isRecorded(commit));
      await until(`commit ${commit} to be deployed`, isDeployed, { seconds, explain });
    },
    inventory: async () => Inventory.parse(await value('ordo-inventory', 'inventory')),
    async ended(commit, seconds = PATIENCE_SECONDS) {
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
