import { GitFailure } from './git-reason.ts';
import type { Git } from './git.ts';

export interface TreeEntry {
  path: string;
  kind: 'file' | 'symlink' | 'submodule';
  id: string;
}

export const MOST_ENTRIES = 20_000;

/** Everything under exactly `folder` of a commit that is in the work folder, by path as git orders it. No network. */
export async function listFolder(
  git: Git,
  { commit, folder, signal }: { commit: string; folder: string; signal: AbortSignal },
): Promise<TreeEntry[]> {
  // -z: names as they are, not quoted.
  const args = ['ls-tree', '-r', '-z', '--full-tree', commit, '--', folder];
  const output = await git.text(args, { timeout: 30_000, signal });
  const records = output.split('\0').filter((record) => record !== '');
  if (records.length > MOST_ENTRIES) throw new GitFailure(`${folder} holds more than ${MOST_ENTRIES} files`);
  // Not `deploy2/x`, and not `deploy` itself if it is a file.
  return records.map(parse).filter(({ path }) => path.startsWith(`${folder}/`));
}

// `MODE TYPE ID\tPATH`: https://git-scm.com/docs/git-ls-tree#_output_format
function parse(record: string): TreeEntry {
  const [, mode, id = '', path = ''] = /^(\d{6}) [a-z]+ ([0-9a-f]+)\t(.*)$/s.exec(record) ?? [];
  const kind = mode === '160000' ? 'submodule' : mode === '120000' ? 'symlink' : 'file';
  return { path, kind, id };
}
