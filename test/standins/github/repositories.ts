import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { commitStream, type Files } from './fast-import.ts';
import { git, tryGit } from './git.ts';

export interface Repository {
  owner: string;
  name: string;
  /** The bare repository on disk. */
  path: string;
  /** Where git clones it from. */
  url: string;
  defaultBranch: string;
  private: boolean;
  created: Date;
  /** When a branch moved last. */
  pushed: Date;
  /** Commits on a branch (the default one when left out) without a work tree; answers with the commit's id. */
  commit(files: Files, message?: string, options?: { branch?: string; merge?: string }): Promise<string>;
  /** Puts a branch (the default one when left out) on another commit, as a forced push does. */
  reset(sha: string, branch?: string): Promise<void>;
  /** The id of a branch, tag or commit, as GitHub would find it. */
  resolve(ref: string): Promise<string | undefined>;
  isEmpty(): Promise<boolean>;
  /** Takes it away: from now on GitHub says 404. */
  remove(): Promise<void>;
}

export interface Repositories {
  create: (owner: string, name: string, options?: { private?: boolean; defaultBranch?: string }) => Promise<Repository>;
  /** Finds one as GitHub does, whatever the case of its letters. */
  find(owner: string, name: string): Repository | undefined;
}

// A partial fetch and a fetch by id are what Ordo does; packing in the background would only disturb measurements.
const configuration = `
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[core]
\tfsync = none
[gc]
\tauto = 0
`;

/** Bare repositories in `folder`; `gitUrl` is the address that their URLs begin with. */
export function createRepositories(folder: string, gitUrl: string): Repositories {
  const repositories = new Map<string, Repository>();
  return { create, find: (owner, name) => repositories.get(key(owner, name)) };

  async function create(owner: string, name: string, options: { private?: boolean; defaultBranch?: string } = {}) {
    if (repositories.has(key(owner, name))) throw new Error(`repository ${owner}/${name} already exists`);
    const path = join(folder, owner, `${name}.git`);
    const defaultBranch = options.defaultBranch ?? 'main';
    await mkdir(path, { recursive: true });
    await git(path, ['init', '--bare', '--quiet', '--template=', `--initial-branch=${defaultBranch}`]);
    await appendFile(join(path, 'config'), configuration);
    let last: Promise<unknown> = Promise.resolve();

    const repository: Repository = {
      owner,
      name,
      path,
      url: `${gitUrl}/${owner}/${name}.git`,
      defaultBranch,
      private: options.private ?? false,
      created: new Date(),
      pushed: new Date(),
      commit(files, message = 'change', { branch = defaultBranch, merge } = {}) {
        return inTurn(async () => {
          const parent = await tryGit(path, ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`]);
          const stream = commitStream(files, { branch, message, parent, merge });
          repository.pushed = new Date();
          return git(path, ['fast-import', '--quiet', '--done', '--date-format=now'], stream);
        });
      },
      async reset(sha, branch = defaultBranch) {
        await inTurn(() => git(path, ['update-ref', `refs/heads/${branch}`, sha]));
        repository.pushed = new Date();
      },
      async resolve(ref) {
        const asGit = () => tryGit(path, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
        return (await branchFile(path, ref === 'HEAD' ? `heads/${defaultBranch}` : ref)) ?? asGit();
      },
      async isEmpty() {
        return (await git(path, ['for-each-ref', '--count=1'])) === '';
      },
      async remove() {
        repositories.delete(key(owner, name));
        await inTurn(() => rm(path, { recursive: true, force: true }));
      },
    };
    repositories.set(key(owner, name), repository);
    return repository;

    // Two commits at once would both go on from the same parent, and git would refuse the second.
    function inTurn<T>(work: () => Promise<T>): Promise<T> {
      const result = last.then(work);
      last = result.catch(() => {});
      return result;
    }
  }
}

/** What polls ask again and again starts no git: a branch's file holds its commit. */
async function branchFile(path: string, ref: string): Promise<string | undefined> {
  const [, branch] = /^heads\/([\w-]+)$/.exec(ref) ?? [];
  if (branch === undefined) return undefined;
  const text = await readFile(join(path, 'refs/heads', branch), 'utf8').catch(() => '');
  return /^[0-9a-f]{40}\n$/.test(text) ? text.trimEnd() : undefined;
}

function key(owner: string, name: string): string {
  return `${owner}/${name}`.toLowerCase();
}
