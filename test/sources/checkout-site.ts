import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../src/config/settings.ts';
import { fetchTree } from '../../src/sources/checkout.ts';
import type { Tree } from '../../src/sources/checkout.ts';
import type { Repository } from '../standins/github.ts';
import { forever } from './world.ts';
import type { World } from './world.ts';

/** A private repository, and a work folder that follows it. */
export interface Site {
  shop: Repository;
  git: ReturnType<World['git']>;
  settings(changes?: Partial<Settings>): Settings;
  fetch(commit: string, changes?: Partial<Settings>): Promise<Tree>;
  /** Why a commit is unknown. */
  reason(commit: string, changes?: Partial<Settings>): Promise<string>;
  /** The objects that are on disk, as `TYPE SIZE`, by id. */
  objects(): Map<string, string>;
  /** How many objects were sent, the same one twice counted twice: a pack says it in bytes 8 to 11 (gitformat-pack). */
  packed(): number;
  /** The paths of files in the pack folder whose names end so. */
  packs(end: string): string[];
}

let names = 0;

export async function createSite(world: World): Promise<Site> {
  const shop = await world.github.createRepository('acme', `shop-${(names += 1)}`, { private: true });
  const git = world.git();
  const settings = (changes = {}) => world.settings({ repository: { owner: 'acme', name: shop.name }, ...changes });
  return {
    shop,
    git,
    settings,
    async fetch(commit, changes) {
      const answer = await fetchTree(git, settings(changes), commit, forever);
      assert.ok(answer.known, answer.known ? '' : answer.reason);
      return answer.value;
    },
    async reason(commit, changes) {
      const answer = await fetchTree(git, settings(changes), commit, forever);
      assert.ok(!answer.known, 'it is known');
      return answer.reason;
    },
    objects() {
      const args = ['--git-dir', git.directory, 'cat-file', '--batch-all-objects', '--batch-check'];
      const lines = execFileSync('git', args, { encoding: 'utf8' }).trim().split('\n');
      return new Map(lines.map((line) => [line.slice(0, 40), line.slice(41)]));
    },
    packed: () => packs('.pack').reduce((sum, path) => sum + readFileSync(path).readUInt32BE(8), 0),
    packs,
  };

  function packs(end: string): string[] {
    const folder = join(git.directory, 'objects', 'pack');
    const found = readdirSync(folder).filter((name) => name.endsWith(end));
    return found.map((name) => join(folder, name));
  }
}

/** Contents by path. */
export const texts = (tree: Tree): Record<string, string> =>
  Object.fromEntries(tree.files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString('utf8')]));
