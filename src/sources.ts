import type { Settings } from './config/settings.ts';
import type { SourceFile } from './domain/files.ts';
import type { Commit } from './domain/commit.ts';
import { known, type Known } from './domain/known.ts';
import { aboutCommits } from './sources/about.ts';
import type { TokenFacts } from './domain/token.ts';
import { createBudget } from './sources/budget.ts';
import { createTrees } from './sources/checkout.ts';
import { commitsSince } from './sources/commits.ts';
import { createGit } from './sources/git.ts';
import { createGitHub } from './sources/github.ts';
import { createHttp } from './sources/http.ts';
import { lsRemote } from './sources/ls-remote.ts';
import type { SizedImage } from './sources/image-size.ts';
import { createRegistry, type Comparison } from './sources/registry.ts';
import { tokenFacts } from './sources/token-facts.ts';
import type { Clock } from './util/clock.ts';
import type { Logger } from './util/logger.ts';

/** The outside world with one set of settings. What it does not say is unknown; only the signal's reason is thrown. */
export interface Sources {
  head(): Promise<Known<string>>;
  /** The head commit by git's own protocol and token. */
  gitHead(): Promise<Known<string>>;
  /** The commits after `base` up to `head`, oldest first; empty when that is not a short straight line. */
  commitsSince(base: string, head: string): Promise<Known<string[]>>;
  /** What commits that were fetched already say of themselves, in the same order. */
  about(commits: readonly string[]): Promise<Known<Commit[]>>;
  tree(commit: string): Promise<Known<SourceFile[]>>;
  /** Whether an image's two digests are the same for these platforms (`linux/arm64`). */
  isSameImage(comparison: Comparison): Promise<Known<boolean>>;
  digests(images: Iterable<string>): Promise<Map<string, Known<string>>>;
  /** Bytes of an image's layers as they are pulled, for the largest of these platforms. */
  sizeOf(image: SizedImage): Promise<Known<number>>;
  /** What GitHub says of a token; costs no quota. */
  token(token: string): Promise<Known<TokenFacts>>;
}

export interface SourcesOptions {
  /** A folder of its own for git. */
  workFolder: string;
  /** The PATH to find git on. */
  path: string;
  clock: Clock;
  log: Logger;
}

/** Keeps connections, ETags and registry tokens over passes; the settings may be others each time. */
export function createSources({ workFolder, path, clock, log }: SourcesOptions) {
  const budget = createBudget(clock);
  const http = createHttp({ budget });
  const report = (progress: string): void => log.info({ progress }, 'a fetch takes long');
  const git = createGit({ folder: workFolder, path, budget, report });
  const treeOf = createTrees(git);
  const github = createGitHub({ http, git, log });
  const registry = createRegistry({ http, clock });

  const sourcesWith = (settings: Settings, signal: AbortSignal): Sources => ({
    head: () => github.headCommit(settings, signal),
    gitHead: () => lsRemote(git, settings, signal),
    commitsSince: (base, head) => commitsSince(git, settings, { base, head, signal }),
    about: (commits) => aboutCommits(git, commits, signal),
    async tree(commit) {
      const tree = await treeOf(settings, commit, signal);
      if (!tree.known) return tree;
      return known(tree.value.files);
    },
    isSameImage: (comparison) => registry.isSameFor(settings, comparison, signal),
    async digests(images) {
      const asked = [...images].map(
        async (image) => [image, await registry.digestOf(settings, image, signal)] as const,
      );
      return new Map(await Promise.all(asked));
    },
    sizeOf: (image) => registry.sizeOf(settings, image, signal),
    token: (token) => tokenFacts(http, token, settings, signal),
  });
  // What is the same whatever the settings are: the budget of all requests, and what git fetches now.
  return Object.assign(sourcesWith, { budget, busy: () => git.busy() });
}
