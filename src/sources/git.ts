import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { GitPluginError, simpleGit } from 'simple-git';
import type { SimpleGit } from 'simple-git';
import type { Budget } from './budget.ts';
import { endLeftovers, sweepPacks } from './git-leftovers.ts';
import { watchFetch, type FetchWatch } from './git-progress.ts';
import { GitFailure, gitReason } from './git-reason.ts';

/** What of the settings says where the repository is and who asks. */
export interface RemoteSettings {
  /** https, without a slash at the end. */
  gitUrl: string;
  repository: { owner: string; name: string };
  cloneYamlToken: string | undefined;
  /** PEM, trusted besides the usual roots. */
  caCertificates: string | undefined;
}

export interface GitCall {
  /** Milliseconds until git is stopped. */
  timeout: number;
  signal: AbortSignal;
  /** What git may talk to; without it no command can reach the network. */
  remote?: RemoteSettings;
  /** Standard input. */
  input?: string;
  config?: Record<string, string>;
}

/** The git program in one bare repository of the work folder. All throw `GitFailure`, or the signal's reason. */
export interface Git {
  /** Standard output as UTF-8. */
  text(args: string[], call: GitCall): Promise<string>;
  /** Standard output of `git cat-file`. */
  catFile(args: string[], call: GitCall & { input: string }): Promise<Buffer>;
  /** What is being fetched now, from where and since when; undefined: nothing, or it has only just begun. */
  busy(): string | undefined;
  /** Takes the repository away; the next command makes a new one. */
  wipe(): Promise<void>;
  /** The repository's folder. */
  readonly directory: string;
}

export interface GitOptions {
  /** A work folder of its own, made when it is missing. */
  folder: string;
  /** The PATH to find git and its helpers on. */
  path: string;
  /** Milliseconds without a word from git, or a byte from its host, until it is stopped. */
  stall?: number;
  /** Bytes that one command may bring. */
  most?: number;
  budget?: Pick<Budget, 'chargeGit'>;
  /** Told now and then while a command takes long. */
  report?: (progress: string) => void;
}

/** More than the watched folder may hold (`blobs.ts`), and half of what the work folder's volume takes. */
const MOST_FETCHED = 64 * 1024 * 1024;

export function createGit({ folder, path, stall = 30_000, most = MOST_FETCHED, budget, report }: GitOptions): Git {
  const directory = join(folder, 'repository.git');
  const caFile = join(folder, 'ca.pem');
  // Stays empty. All authorities stand in one file, and the system has each in a folder once more: to read that too is more than
  // half of what a small fetch takes of the processor.
  const caFolder = join(folder, 'ca');
  let trusted: string | undefined;
  let watch: FetchWatch | undefined;

  return {
    directory,
    busy: () => watch?.said(),
    text: (args, call) => run(call, (git) => git.raw(args)),
    catFile: (args, call) => run(call, async (git) => (await git.binaryCatFile(args)) as Buffer),
    wipe: () =>
      rm(directory, { recursive: true, force: true }).catch((error: unknown) => {
        throw gitReason(error, undefined);
      }),
  };

  async function run<T>(call: GitCall, work: (git: SimpleGit) => Promise<T>): Promise<T> {
    call.signal.throwIfAborted();
    const { remote } = call;
    const watched = remote && watchFetch({ host: new URL(remote.gitUrl).host, directory, most, stall, report });
    const ends = [call.signal, AbortSignal.timeout(call.timeout), ...(watched ? [watched.limit] : [])];
    const limit = AbortSignal.any(ends);
    watch = watched;
    try {
      await prepare(call, limit);
      const answer = await work(instance(call, limit, watched));
      charge(call, true);
      return answer;
    } catch (error) {
      const isSilent = error instanceof GitPluginError && error.plugin === 'timeout';
      if (limit.aborted || isSilent) await endLeftovers(directory);
      if (watched) await sweepPacks(directory);
      call.signal.throwIfAborted();
      charge(call, false);
      if (watched?.why() === 'too much') throw new GitFailure(tooMuch(call, most), { isTooLarge: true });
      if (isSilent || watched?.why() === 'stalled') {
        throw new GitFailure(`git: timed out, nothing came for ${stall / 1000} s${watched?.soFar() ?? ''}`);
      }
      if (limit.aborted) throw new GitFailure(`git: timed out after ${call.timeout / 1000} s${watched?.soFar() ?? ''}`);
      throw gitReason(error, call.remote);
    } finally {
      watched?.end();
      if (watch === watched) watch = undefined;
    }
  }

  function charge({ remote }: GitCall, succeeded: boolean): void {
    if (remote !== undefined) budget?.chargeGit(new URL(remote.gitUrl).host, succeeded);
  }

  async function prepare(call: GitCall, limit: AbortSignal): Promise<void> {
    await mkdir(directory, { recursive: true });
    if (call.remote !== undefined) await mkdir(caFolder, { recursive: true });
    const wanted = call.remote?.caCertificates;
    if (wanted !== undefined && (wanted !== trusted || !existsSync(caFile))) {
      await writeFile(caFile, [...getCACertificates(), wanted].join('\n'));
      trusted = wanted;
    }
    if (existsSync(join(directory, 'HEAD'))) return;
    await instance({ ...call, config: { 'init.defaultBranch': 'main' } }, limit).raw(['init', '--bare']);
  }

  function instance({ remote, input, config }: GitCall, abort: AbortSignal, watched?: FetchWatch): SimpleGit {
    const env = {
      PATH: path,
      HOME: folder,
      LC_ALL: 'C',
      GIT_DIR: directory,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_LITERAL_PATHSPECS: '1',
      ...(remote === undefined ? {} : { GIT_SSL_CAPATH: caFolder }),
      ...(remote?.caCertificates === undefined ? {} : { GIT_SSL_CAINFO: caFile }),
      ...asVariables({ ...SAFE, ...config, ...(remote === undefined ? {} : remoteConfig(remote)) }),
    };
    const git = simpleGit({
      baseDir: directory,
      abort,
      // Who watches a fetch knows better whether it stands still.
      ...(watched === undefined ? { timeout: { block: stall } } : {}),
      ...(input === undefined ? {} : { input: () => input }),
      // git that a signal ended (out of memory) has no exit code; simple-git alone would take its output for whole.
      errors: (error, { exitCode }) => error ?? (exitCode === 0 ? undefined : new Error(`git ended with ${exitCode}`)),
      allowEnvironment: Object.keys(env).filter((name) => name.startsWith('GIT_')),
      unsafe: {
        allowUnsafeConfigEnvCount: true,
        allowUnsafeConfigPaths: true,
        allowUnsafeProtocolOverride: true,
        allowUnsafeHooksPath: true,
      },
    }).env(env);
    return watched === undefined ? git : git.outputHandler((_command, _output, errors) => watched.listen(errors));
  }
}

function tooMuch({ remote }: GitCall, most: number): string {
  const { owner, name } = remote?.repository ?? { owner: '', name: '' };
  return (
    `${owner}/${name} holds too much: more than ${most / 1024 / 1024} MiB came for the watched folder and the list of files; ` +
    'take large files out of the watched folder'
  );
}

const SAFE = {
  'protocol.allow': 'never',
  'protocol.https.allow': 'always',
  'core.hooksPath': '/dev/null',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'fetch.recurseSubmodules': 'false',
  // Under 1000 bytes a second for 10 seconds: the connection is dead, git ends by itself.
  'http.lowSpeedLimit': '1000',
  'http.lowSpeedTime': '10',
};

/**
 * The remote lives in the environment alone, so neither address nor token is ever on disk or among arguments. The
 * header is bound to the host: git sends it nowhere else.
 */
function remoteConfig({ gitUrl, repository, cloneYamlToken }: RemoteSettings): Record<string, string> {
  const url = `${gitUrl}/${repository.owner}/${repository.name}.git`;
  const basic = Buffer.from(`x-access-token:${cloneYamlToken ?? ''}`).toString('base64');
  return {
    'remote.origin.url': url,
    'remote.origin.promisor': 'true',
    'remote.origin.partialCloneFilter': 'blob:none',
    ...(cloneYamlToken === undefined
      ? {}
      : { [`http.${new URL(url).origin}/.extraHeader`]: `Authorization: Basic ${basic}` }),
  };
}

/** https://git-scm.com/docs/git-config#ENVIRONMENT */
function asVariables(config: Record<string, string>): Record<string, string> {
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(Object.keys(config).length) };
  for (const [index, [key, value]] of Object.entries(config).entries()) {
    variables[`GIT_CONFIG_KEY_${index}`] = key;
    variables[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return variables;
}
