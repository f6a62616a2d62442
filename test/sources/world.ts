import { createServer } from 'node:http';
import { join } from 'node:path';
import { loadSettings } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { createGit } from '../../src/sources/git.ts';
import type { Git } from '../../src/sources/git.ts';
import { createBudget } from '../../src/sources/budget.ts';
import type { Budget } from '../../src/sources/budget.ts';
import { createHttp } from '../../src/sources/http.ts';
import type { Http } from '../../src/sources/http.ts';
import type { Clock } from '../../src/util/clock.ts';
import { createClient } from '../standins/client.ts';
import type { Client } from '../standins/client.ts';
import { startGitHub } from '../standins/github.ts';
import type { GitHub } from '../standins/github.ts';
import { close, listen } from '../standins/listen.ts';

export const TOKEN = 'token-that-may-read-1';

export interface World {
  client: Client;
  github: GitHub;
  http: Http;
  budget: Budget;
  /** Moves on by hand: `clock.at += 1000`. */
  clock: Clock & { at: number };
  /** The settings of a user whose repository and CA are the stand-ins', with changes. */
  settings(changes?: Partial<Settings>): Settings;
  /** A git in a work folder of its own. */
  git(): Git & { folder: string };
  stop(): Promise<void>;
}

/** GitHub's stand-in, and what the sources need to ask it. */
export async function createWorld(): Promise<World> {
  const client = await createClient();
  const { work, authority } = client;
  const github = await startGitHub({ work, address: '127.0.0.1', port: 0, authority });
  github.addToken(TOKEN);
  const clock = { at: Date.now(), now: () => new Date(clock.at), sleep: () => Promise.reject(new Error('never')) };
  const env = {
    ORDO_USER_ACCOUNT: 'acme',
    ORDO_REPO_NAME: 'shop',
    ORDO_API_URL: github.apiUrl,
    ORDO_GIT_URL: github.gitUrl,
    ORDO_CA_CERTIFICATES: authority.ca,
    ORDO_TOKEN: TOKEN,
  };
  const { settings } = loadSettings({ directory: join(work, 'none'), env });
  const budget = createBudget(clock);
  let folders = 0;
  return {
    client,
    github,
    http: createHttp({ budget, timeout: 1000 }),
    budget,
    clock,
    settings: (changes = {}) => ({ ...settings, ...changes }),
    git() {
      const folder = join(work, `checkout-${(folders += 1)}`);
      return { ...createGit({ folder, path: process.env['PATH'] ?? '', budget }), folder };
    },
    async stop() {
      await github.stop();
      await client.stop();
    },
  };
}

/** ADDRESS:PORT where nobody listens. */
export async function closedPort(): Promise<string> {
  const server = createServer();
  const port = await listen(server, '127.0.0.1', 0);
  await close(server);
  return `127.0.0.1:${port}`;
}

/** The signal of a test that nobody aborts. */
export const forever = new AbortController().signal;
